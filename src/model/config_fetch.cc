#include "model/config_fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "model/config_json.h"

namespace blis::model {
namespace {

constexpr std::string_view kHost = "huggingface.co";
constexpr int kMaxRedirects = 2;  // the third is refused although the usual limit reads "three"
constexpr double kTimeoutS = 30;
constexpr std::size_t kMaxBodyBytes = std::size_t{10} << 20;

bool is_repository_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

struct Url {
  std::string text;
  std::string scheme;
  std::string host;
};

/// `location` as seen from `base`, which it may be relative to; nullopt if it is no URL.
std::optional<Url> resolve_url(const std::string& base, const std::string& location) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), &curl_url_cleanup);
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  const auto part = [&handle](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(handle.get(), which, &text, 0) != CURLUE_OK) return std::string();
    std::string copy = text;
    curl_free(text);
    return copy;
  };
  return Url{
      .text = part(CURLUPART_URL), .scheme = part(CURLUPART_SCHEME), .host = part(CURLUPART_HOST)};
}

/// The next hop of a redirect. THROWS ConfigError if we must not go there.
Url redirect_target(const std::string& from, const std::string& location) {
  const std::optional<Url> target = resolve_url(from, location);
  if (!target)
    throw ConfigError(fmt::format("{}: redirected to \"{}\", which is no URL", from, location));
  const bool at_home = target->host == kHost || target->host.ends_with(fmt::format(".{}", kHost));
  if (!at_home || target->scheme != "https") {
    throw ConfigError(
        fmt::format("{}: redirected to {}, which is not at https://{}", from, target->text, kHost));
  }
  return *target;
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void check_status(const std::string& url, long status) {
  if (status == 200) return;
  std::string_view hint;
  if (status == 404) hint = " (not found: check the spelling of --model)";
  if (status == 401) hint = " (not authorised: set HF_TOKEN to a token that may read the model)";
  throw ConfigError(fmt::format("{}: HTTP {}{}", url, status, hint));
}

}  // namespace

bool is_repository_id(const std::string& repo) {
  const std::size_t slash = repo.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == repo.size()) return false;
  return std::all_of(repo.begin(), repo.begin() + static_cast<std::ptrdiff_t>(slash),
                     is_repository_char) &&
         std::all_of(repo.begin() + static_cast<std::ptrdiff_t>(slash) + 1, repo.end(),
                     is_repository_char);
}

std::string fetch_model_config(const std::string& repo, const std::string& token,
                               HttpTransport& transport) {
  if (!is_repository_id(repo)) {
    throw ConfigError(fmt::format(
        "\"{}\" is no repository: expected organisation/name of letters, digits, '.', '_', '-'",
        repo));
  }
  Url url = {.text = fmt::format("https://{}/{}/resolve/main/config.json", kHost, repo),
             .scheme = "https",
             .host = std::string(kHost)};
  double left_s = kTimeoutS;
  for (int redirects = 0;; ++redirects) {
    const HttpResponse response = transport.get({.url = url.text,
                                                 .bearer_token = url.host == kHost ? token : "",
                                                 .timeout_s = left_s,
                                                 .max_body_bytes = kMaxBodyBytes});
    left_s -= response.elapsed_s;
    if (is_redirect(response.status) && !response.location.empty()) {
      if (redirects == kMaxRedirects) {
        throw ConfigError(fmt::format("{}: more than {} redirects", url.text, kMaxRedirects));
      }
      if (left_s <= 0)
        throw ConfigError(fmt::format("{}: no answer within {} s", url.text, kTimeoutS));
      url = redirect_target(url.text, response.location);
      continue;
    }
    check_status(url.text, response.status);
    if (response.body.size() > kMaxBodyBytes) {
      throw ConfigError(fmt::format("{}: the file exceeds {} bytes", url.text, kMaxBodyBytes));
    }
    if (!looks_like_model_config(response.body)) {
      throw ConfigError(
          fmt::format("{}: not a model's config.json: expected a JSON object with "
                      "num_hidden_layers or hidden_size",
                      url.text));
    }
    return response.body;
  }
}

}  // namespace blis::model
