// What is recorded of a server's JSON, taken from a tree of it: the definition that the reader of
// streams, which makes no tree, is held against.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "live/observe/reply.h"

namespace blis::testing {
namespace literal {

using Json = nlohmann::json;

inline const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

inline std::int64_t count_of(const Json& usage, const char* key) {
  const Json* const value = member(usage, key);
  if (value == nullptr || !value->is_number_integer()) return 0;
  const auto count = value->get<std::int64_t>();
  return count < 0 || count > 100'000'000 ? 0 : count;
}

inline bool is_text(const Json* value) {
  return value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty();
}

inline bool carries_content(const Json& choice) {
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

inline std::string error_of(const Json& document) {
  const Json* const kind = member(document, "object");
  const bool is_error = kind != nullptr && kind->is_string() && *kind == "error";
  const Json* const error = is_error ? &document : member(document, "error");
  if (error == nullptr || error->is_null()) return "";
  if (is_text(error)) return error->get<std::string>();
  const Json* const message = member(*error, "message");
  return is_text(message) ? message->get<std::string>() : "the server reports an error";
}

}  // namespace literal

/// As live::parse_reply().
inline std::optional<live::ReplyFields> literal_reply(const std::string& text) {
  using namespace literal;  // NOLINT(google-build-using-namespace)
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  live::ReplyFields reply;
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

}  // namespace blis::testing
