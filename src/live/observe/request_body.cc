#include "live/observe/request_body.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/json_writer.h"

namespace blis::live {
namespace {

constexpr std::int64_t kDefaultMaxTokens = 2048;
/// The completions endpoint stops after 16 tokens unless it is told otherwise.
constexpr std::int64_t kNoLimit = 2'147'483'647;

void append_header(std::vector<std::string>& headers, std::string_view name,
                   std::string_view value) {
  if (value.empty()) return;
  std::string line = fmt::format("{}: {}", name, value);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  headers.push_back(std::move(line));
}

}  // namespace

std::string_view api_path(ApiFormat format) {
  return format == ApiFormat::kChat ? "/v1/chat/completions" : "/v1/completions";
}

std::string request_body(ApiFormat format, const BodyFields& f) {
  const bool chat = format == ApiFormat::kChat;
  std::string body = "{";
  const auto member = [&](std::string_view key, std::string_view value) {
    if (body.size() > 1) body += ',';
    body += fmt::format("\"{}\":{}", key, value);
  };
  const std::string prompt = json_quote(f.prompt);
  if (!f.unconstrained) {
    member("max_tokens", fmt::to_string(f.output_tokens > 0 ? f.output_tokens : kDefaultMaxTokens));
  } else if (!chat) {
    member("max_tokens", fmt::to_string(kNoLimit));
  }
  if (chat) member("messages", fmt::format(R"([{{"content":{},"role":"user"}}])", prompt));
  if (!f.unconstrained && f.exact_length && f.output_tokens > 0) {
    member("min_tokens", fmt::to_string(f.output_tokens));
  }
  member("model", json_quote(f.model));
  if (f.priority) member("priority", fmt::to_string(*f.priority));
  if (!chat) member("prompt", prompt);
  member("stream", f.streaming ? "true" : "false");
  if (f.streaming) member("stream_options", R"({"include_usage":true})");
  body += '}';
  return body;
}

std::vector<std::string> request_headers(const HeaderFields& f) {
  std::vector<std::string> headers;
  append_header(headers, "Content-Type", "application/json");
  append_header(headers, "x-request-id", f.request_id);
  if (!f.api_key.empty()) {
    append_header(headers, "Authorization", fmt::format("Bearer {}", f.api_key));
  }
  append_header(headers, "x-gateway-inference-fairness-id", f.tenant);
  append_header(headers, "x-gateway-inference-objective", f.slo_class);
  if (f.slo_target_us > 0) {
    const std::int64_t whole_ms = f.slo_target_us / 1000 + (f.slo_target_us % 1000 > 0 ? 1 : 0);
    append_header(headers, "x-slo-ttft-ms", fmt::to_string(whole_ms));
  }
  return headers;
}

std::string format_uuid4(std::string_view random_bytes) {
  BLIS_CHECK(random_bytes.size() == 16, "a UUID has 16 bytes, not {}", random_bytes.size());
  std::string text;
  for (std::size_t i = 0; i < random_bytes.size(); ++i) {
    auto byte = static_cast<unsigned>(static_cast<unsigned char>(random_bytes[i]));
    if (i == 6) byte = (byte & 0x0fU) | 0x40U;  // version 4
    if (i == 8) byte = (byte & 0x3fU) | 0x80U;  // variant of RFC 9562
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

}  // namespace blis::live
