// What is sent: body and headers of one request to an OpenAI-compatible server. SOURCE spec
// traces 8.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blis::live {

enum class ApiFormat : std::uint8_t { kCompletions, kChat };

/// Path below the server's base URL.
std::string_view api_path(ApiFormat format);

/// One request as the server is to see it.
struct BodyFields {
  std::string_view model;
  std::string_view prompt;
  std::int64_t output_tokens = 0;  ///< asked for; <= 0: 2048
  bool exact_length = false;       ///< ask for at least as many tokens, too
  bool unconstrained = false;      ///< no limits on the length of the answer
  bool streaming = false;
  std::optional<std::int64_t> priority{};  ///< vLLM's sense, lower is more urgent
};

/// Compact JSON, keys in ascending order.
std::string request_body(ApiFormat format, const BodyFields& fields);

/// Identities that gateways act on; empty and 0: header left out.
struct HeaderFields {
  std::string_view request_id{};
  std::string_view api_key{};
  std::string_view tenant{};
  std::string_view slo_class{};
  std::int64_t slo_target_us = 0;
};

/// `Name: value` lines. What would break a header line (control characters) becomes a blank.
std::vector<std::string> request_headers(const HeaderFields& fields);

/// A random UUID, version 4, of 16 random bytes.
std::string format_uuid4(std::string_view random_bytes);

}  // namespace blis::live
