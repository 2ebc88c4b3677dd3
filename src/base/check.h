// Checks of our own invariants. A failure is a bug of ours, never of the user: it names the law,
// prints to stderr and ends the process with exit status 2.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace blis {

/// Prints `message` with its place and ends the process with status 2, without running destructors.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view message);

}  // namespace blis

/// Always on; for conditions that cost O(1). `…` is an fmt format string and its arguments.
#define BLIS_CHECK(condition, ...)                                                      \
  do {                                                                                  \
    if (!(condition)) [[unlikely]]                                                      \
      ::blis::check_failed(__FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__)); \
  } while (false)

/// On in debug, sanitizer and fuzz builds (BLIS_DCHECKS); may be expensive. No side effects inside.
#ifdef BLIS_DCHECKS
#define BLIS_DCHECK(condition, ...) BLIS_CHECK(condition, __VA_ARGS__)
#else
#define BLIS_DCHECK(condition, ...) \
  do {                              \
    (void)sizeof(condition);        \
  } while (false)
#endif
