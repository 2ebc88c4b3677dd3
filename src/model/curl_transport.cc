// The transport of config_fetch.h over libcurl. Not covered by tests, which have no network; the
// rules are, see there.

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/config_fetch.h"

namespace blis::model {
namespace {

struct BodySink {
  std::string text;
  std::size_t limit_bytes = 0;
};

/// Keeps up to one byte more than allowed, which tells the caller that there was more, and then
/// stops the transfer.
std::size_t receive(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<BodySink*>(user);
  const std::size_t bytes = size * count;
  const std::size_t room = sink.limit_bytes + 1 - std::min(sink.limit_bytes + 1, sink.text.size());
  sink.text.append(data, std::min(bytes, room));
  return bytes <= room ? bytes : 0;
}

class CurlTransport final : public HttpTransport {
 public:
  HttpResponse get(const HttpRequest& request) override {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                     &curl_easy_cleanup);
    if (!handle) throw ConfigError("cannot start an HTTP client");
    CURL* curl = handle.get();
    BodySink sink = {.text = "", .limit_bytes = request.max_body_bytes};
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_s * 1000));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
    const std::string authorization = "Authorization: Bearer " + request.bearer_token;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr,
                                                                        &curl_slist_free_all);
    if (!request.bearer_token.empty()) {
      headers.reset(curl_slist_append(nullptr, authorization.c_str()));
      curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    }

    const CURLcode outcome = curl_easy_perform(curl);
    const bool too_long = sink.text.size() > request.max_body_bytes;
    if (outcome != CURLE_OK && !too_long) {
      throw ConfigError(fmt::format("{}: {}", request.url, curl_easy_strerror(outcome)));
    }
    HttpResponse response;
    response.body = std::move(sink.text);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &response.elapsed_s);
    curl_header* location = nullptr;
    if (curl_easy_header(curl, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK) {
      response.location = location->value;
    }
    return response;
  }
};

}  // namespace

std::unique_ptr<HttpTransport> make_curl_transport() { return std::make_unique<CurlTransport>(); }

}  // namespace blis::model
