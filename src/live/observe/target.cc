#include "live/observe/target.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "base/error.h"

namespace blis::live {

ClientRequest Target::completion_request(std::string body, const HeaderFields& fields) const {
  HeaderFields with_key = fields;
  with_key.api_key = api_key;
  ClientRequest request;
  request.url = base_url + std::string(api_path(format));
  request.body = std::move(body);
  request.headers = request_headers(with_key);
  request.timeout = timeout;
  return request;
}

ClientRequest Target::get_request(std::string url) const {
  ClientRequest request;
  request.url = std::move(url);
  request.is_post = false;
  if (!api_key.empty()) request.headers = {"Authorization: Bearer " + api_key};
  request.timeout = std::chrono::milliseconds{30'000};
  return request;
}

std::string checked_base_url(std::string_view url) {
  std::string_view base = url;
  while (base.ends_with('/')) base.remove_suffix(1);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (base.starts_with(scheme) && base.size() > scheme.size()) return std::string(base);
  }
  throw ConfigError({"", 0, "--server-url"},
                    fmt::format("\"{}\" is no address of a server: http://host:port", url));
}

std::string random_request_id() {
  std::array<char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return format_uuid4({bytes.data(), bytes.size()});
}

}  // namespace blis::live
