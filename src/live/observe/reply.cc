#include "live/observe/reply.h"

#include <nlohmann/json.hpp>

namespace blis::live {
namespace {

using Json = nlohmann::json;

/// More than any context holds; what a server claims beyond is not to be believed, or allocated.
constexpr std::int64_t kMostTokens = 100'000'000;

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

std::int64_t count_of(const Json& usage, const char* key) {
  const Json* const value = member(usage, key);
  if (value == nullptr || !value->is_number_integer()) return 0;
  const auto count = value->get<std::int64_t>();  // beyond 2^63 it wraps, below 0
  return count < 0 || count > kMostTokens ? 0 : count;
}

bool is_text(const Json* value) {
  return value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty();
}

/// `text` of completions; `content`, `reasoning_content` or `tool_calls` of a chat message or of
/// its part in a stream.
bool carries_content(const Json& choice) {
  if (is_text(member(choice, "text"))) return true;
  for (const char* holder : {"delta", "message"}) {
    const Json* const part = member(choice, holder);
    if (part == nullptr) continue;
    for (const char* key : {"content", "reasoning_content", "reasoning"}) {
      if (is_text(member(*part, key))) return true;
    }
    const Json* const calls = member(*part, "tool_calls");
    if (calls != nullptr && calls->is_array() && !calls->empty()) return true;
  }
  return false;
}

/// `{"error": {"message": …}}`, `{"error": "…"}`, or vLLM's older `{"object": "error", "message":
/// …}`.
std::string error_of(const Json& document) {
  const Json* const kind = member(document, "object");
  const bool is_error = kind != nullptr && kind->is_string() && *kind == "error";
  const Json* const error = is_error ? &document : member(document, "error");
  if (error == nullptr || error->is_null()) return "";
  if (is_text(error)) return error->get<std::string>();
  const Json* const message = member(*error, "message");
  return is_text(message) ? message->get<std::string>() : "the server reports an error";
}

}  // namespace

std::optional<ReplyFields> parse_reply(std::string_view json) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return std::nullopt;
  ReplyFields reply;
  reply.error = error_of(document);
  if (const Json* const usage = member(document, "usage"); usage != nullptr && usage->is_object()) {
    reply.has_usage = true;
    reply.prompt_tokens = count_of(*usage, "prompt_tokens");
    reply.completion_tokens = count_of(*usage, "completion_tokens");
  }
  const Json* const choices = member(document, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty()) return reply;
  const Json& choice = choices->front();
  if (const Json* const reason = member(choice, "finish_reason"); is_text(reason)) {
    reply.finish_reason = reason->get<std::string>();
  }
  reply.has_content = carries_content(choice);
  return reply;
}

}  // namespace blis::live
