// libcurl, loaded when it is first used.
//
// Nearly no run of the program talks HTTP, but libcurl and the thirty libraries behind it would be
// loaded and linked at every start: half of what a start costs, and as much as a small simulation.
// So nobody links it. The functions that are used are defined here under their own names, and
// forward to the library. Measured with callgrind, `blis --version` takes 11 of 23 million
// instructions less.
//
// THROWS  DataError from the first function that is called, if there is no library.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdarg>

#include "base/error.h"

namespace {

constexpr const char* kLibrary = "libcurl.so.4";

void* symbol(const char* name) {
  static void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  void* const found = library == nullptr ? nullptr : dlsym(library, name);
  if (found == nullptr) {
    const char* const reason = dlerror();
    throw blis::DataError(fmt::format("cannot use HTTP: {}",
                                      reason != nullptr ? reason : "libcurl cannot be loaded"));
  }
  return found;
}

template <typename Function>
Function* function(const char* name) {
  return reinterpret_cast<Function*>(symbol(name));
}

}  // namespace

// A name in parentheses is not taken for one of curl.h's macros.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define BLIS_CURL_FUNCTION(result, name, parameters, arguments)  \
  extern "C" result(name) parameters {                           \
    static const auto real = function<result parameters>(#name); \
    return real arguments;                                       \
  }
// Options and answers are pointers, `long` or curl_off_t, which variadic functions take alike.
#define BLIS_CURL_VARIADIC(result, name, handle_type, option_type)                    \
  extern "C" result(name)(handle_type * handle, option_type option, ...) {            \
    static const auto real = function<result(handle_type*, option_type, ...)>(#name); \
    std::va_list arguments;                                                           \
    va_start(arguments, option);                                                      \
    void* const value = va_arg(arguments, void*);                                     \
    va_end(arguments);                                                                \
    return real(handle, option, value);                                               \
  }
// NOLINTEND(bugprone-macro-parentheses)
#ifdef __clang__
// libcurl's own definitions pass an enumerator to va_start, too; it is as wide as an int.
#pragma clang diagnostic ignored "-Wvarargs"
#endif
static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));

BLIS_CURL_FUNCTION(CURLcode, curl_global_init, (long flags), (flags))
BLIS_CURL_FUNCTION(void, curl_free, (void* p), (p))
BLIS_CURL_FUNCTION(curl_slist*, curl_slist_append, (curl_slist * list, const char* text),
                   (list, text))
BLIS_CURL_FUNCTION(void, curl_slist_free_all, (curl_slist * list), (list))

BLIS_CURL_FUNCTION(CURL*, curl_easy_init, (), ())
BLIS_CURL_FUNCTION(void, curl_easy_cleanup, (CURL * handle), (handle))
BLIS_CURL_FUNCTION(void, curl_easy_reset, (CURL * handle), (handle))
BLIS_CURL_FUNCTION(CURLcode, curl_easy_perform, (CURL * handle), (handle))
BLIS_CURL_FUNCTION(const char*, curl_easy_strerror, (CURLcode code), (code))
BLIS_CURL_FUNCTION(CURLHcode, curl_easy_header,
                   (CURL * handle, const char* name, size_t index, unsigned int origin, int request,
                    curl_header** header),
                   (handle, name, index, origin, request, header))
BLIS_CURL_VARIADIC(CURLcode, curl_easy_setopt, CURL, CURLoption)
BLIS_CURL_VARIADIC(CURLcode, curl_easy_getinfo, CURL, CURLINFO)

BLIS_CURL_FUNCTION(CURLU*, curl_url, (), ())
BLIS_CURL_FUNCTION(void, curl_url_cleanup, (CURLU * url), (url))
BLIS_CURL_FUNCTION(CURLUcode, curl_url_set,
                   (CURLU * url, CURLUPart part, const char* text, unsigned int flags),
                   (url, part, text, flags))
BLIS_CURL_FUNCTION(CURLUcode, curl_url_get,
                   (CURLU * url, CURLUPart part, char** text, unsigned int flags),
                   (url, part, text, flags))

BLIS_CURL_FUNCTION(CURLM*, curl_multi_init, (), ())
BLIS_CURL_FUNCTION(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))
BLIS_CURL_FUNCTION(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL* handle), (multi, handle))
BLIS_CURL_FUNCTION(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL* handle),
                   (multi, handle))
BLIS_CURL_FUNCTION(CURLMcode, curl_multi_socket_action,
                   (CURLM * multi, curl_socket_t socket, int events, int* running),
                   (multi, socket, events, running))
BLIS_CURL_FUNCTION(CURLMsg*, curl_multi_info_read, (CURLM * multi, int* left), (multi, left))
BLIS_CURL_FUNCTION(CURLMcode, curl_multi_timeout, (CURLM * multi, long* ms), (multi, ms))
BLIS_CURL_FUNCTION(const char*, curl_multi_strerror, (CURLMcode code), (code))
BLIS_CURL_VARIADIC(CURLMcode, curl_multi_setopt, CURLM, CURLMoption)
