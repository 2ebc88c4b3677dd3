// Fetching a model's config.json from huggingface.co.
//
// The rules (hosts, redirects, sizes, checks) are here; moving bytes is a transport's business, so
// that tests need no network. SOURCE spec latency 3 (Fetch).
#pragma once

#include <memory>
#include <string>

namespace blis::model {

struct HttpRequest {
  std::string url;
  std::string bearer_token;  ///< "" = no Authorization header
  double timeout_s = 0;      ///< for the whole request
  std::size_t max_body_bytes = 0;
};

struct HttpResponse {
  long status = 0;
  std::string location;  ///< of a redirect, as the server wrote it
  std::string body;  ///< at most max_body_bytes + 1 bytes; one more than allowed means "too long"
  double elapsed_s = 0;
};

/// One GET without following redirects.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// THROWS ConfigError if no response arrives.
  virtual HttpResponse get(const HttpRequest& request) = 0;
};

/// libcurl.
std::unique_ptr<HttpTransport> make_curl_transport();

/// Whether `repo` is `organisation/name` of letters, digits, `.`, `_` and `-`.
bool is_repository_id(const std::string& repo);

/// The text of `repo`'s config.json.
///
/// At most two redirects, within huggingface.co and its sub-domains, by https; the token goes to
/// huggingface.co itself only; 30 s in all; at most 10 MiB; the body must pass
/// looks_like_model_config. THROWS ConfigError saying what went wrong and, where there is a usual
/// reason, what to do.
std::string fetch_model_config(const std::string& repo, const std::string& token,
                               HttpTransport& transport);

}  // namespace blis::model
