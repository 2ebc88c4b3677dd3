// The server under observation, and how it is to be asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "live/observe/http_client.h"
#include "live/observe/request_body.h"

namespace blis::live {

struct Target {
  std::string base_url;  ///< without a final slash
  std::string model;
  std::string api_key;  ///< "" = none
  ApiFormat format = ApiFormat::kCompletions;
  std::chrono::milliseconds timeout{300'000};

  /// A POST to the completions API of this server.
  ClientRequest completion_request(std::string body, const HeaderFields& fields) const;
  /// A GET of `url` with the key of this server.
  ClientRequest get_request(std::string url) const;
};

/// `url` without final slashes. THROWS ConfigError naming --server-url unless it begins with
/// http:// or https:// and names a host.
std::string checked_base_url(std::string_view url);

/// A fresh identity for one request.
std::string random_request_id();

}  // namespace blis::live
