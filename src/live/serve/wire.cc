#include "live/serve/wire.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_writer.h"

namespace blis::live {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostChoices = 128;

const char* kInvalid = "BadRequestError";

json parse_object(std::string_view body) {
  json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) throw bad_request("the body is not valid JSON");
  if (!parsed.is_object()) throw bad_request("the body must be a JSON object");
  return parsed;
}

/// nullptr if absent or null.
const json* member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::int64_t> integer(const json& object, const char* name, std::int64_t least,
                                    std::int64_t most) {
  const json* value = member(object, name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<std::uint64_t>() <=
                         static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
    throw bad_request(fmt::format("{} must be an integer from {} to {}", name, least, most), name);
  }
  return value->get<std::int64_t>();
}

bool boolean(const json& object, const char* name) {
  const json* value = member(object, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) throw bad_request(fmt::format("{} must be true or false", name), name);
  return value->get<bool>();
}

std::string text(const json& object, const char* name) {
  const json* value = member(object, name);
  if (value == nullptr) return {};
  if (!value->is_string()) throw bad_request(fmt::format("{} must be a string", name), name);
  return value->get<std::string>();
}

TokenIds token_ids(const json& array) {
  TokenIds ids;
  ids.reserve(array.size());
  for (const json& id : array) {
    if (!id.is_number_unsigned() ||
        id.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int32_t>::max()}) {
      throw bad_request("token ids must be integers from 0 to 2147483647", "prompt");
    }
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

/// A string, an array of token ids, or an array of either.
std::vector<Prompt> prompts(const json& body) {
  const json* prompt = member(body, "prompt");
  if (prompt == nullptr) throw bad_request("prompt is missing", "prompt");
  if (prompt->is_string()) return {prompt->get<std::string>()};
  if (!prompt->is_array() || prompt->empty()) {
    throw bad_request("prompt must be a string, a list of token ids, or a list of either",
                      "prompt");
  }
  if (prompt->front().is_number()) return {token_ids(*prompt)};
  std::vector<Prompt> all;
  for (const json& one : *prompt) {
    if (one.is_string()) {
      all.emplace_back(one.get<std::string>());
    } else if (one.is_array()) {
      all.emplace_back(token_ids(one));
    } else {
      throw bad_request("each prompt must be a string or a list of token ids", "prompt");
    }
  }
  return all;
}

/// Text of a message: a string, or the text parts of a list.
std::string content_of(const json& message) {
  const json* content = member(message, "content");
  if (content == nullptr) return {};
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) {
    throw bad_request("content must be a string or a list of parts", "messages");
  }
  std::string all;
  for (const json& part : *content) {
    if (!part.is_object()) throw bad_request("each part must be an object", "messages");
    if (text(part, "type") == "text") all += text(part, "text");
  }
  return all;
}

std::string chat_prompt(const json& body) {
  const json* messages = member(body, "messages");
  if (messages == nullptr || !messages->is_array() || messages->empty()) {
    throw bad_request("messages must be a list with at least one message", "messages");
  }
  std::string prompt;
  for (const json& message : *messages) {
    if (!message.is_object()) throw bad_request("each message must be an object", "messages");
    const std::string role = text(message, "role");
    if (role.empty()) throw bad_request("each message needs a role", "messages");
    prompt += fmt::format("<|im_start|>{}\n{}<|im_end|>\n", role, content_of(message));
  }
  return prompt + "<|im_start|>assistant\n";
}

void parse_common(const json& body, GenerationRequest& request) {
  constexpr std::int64_t kMostTokens = std::numeric_limits<std::int32_t>::max();
  request.model = text(body, "model");
  request.max_tokens = integer(body, "max_tokens", 1, kMostTokens);
  if (request.is_chat) {
    const auto newer = integer(body, "max_completion_tokens", 1, kMostTokens);
    if (newer) request.max_tokens = newer;
  }
  request.min_tokens = integer(body, "min_tokens", 0, kMostTokens).value_or(0);
  if (request.max_tokens && request.min_tokens > *request.max_tokens) {
    throw bad_request("min_tokens must not be more than max_tokens", "min_tokens");
  }
  request.n = integer(body, "n", 1, kMostChoices).value_or(1);
  request.stream = boolean(body, "stream");
  if (const json* options = member(body, "stream_options")) {
    if (!options->is_object()) {
      throw bad_request("stream_options must be an object", "stream_options");
    }
    if (!request.stream) {
      throw bad_request("stream_options is only allowed with stream", "stream_options");
    }
    request.include_usage = boolean(*options, "include_usage");
    request.continuous_usage = boolean(*options, "continuous_usage_stats");
  }
  request.user = text(body, "user");
  request.session = text(body, "session_id");
  request.priority = integer(body, "priority", -1'000'000, 1'000'000);
  if (static_cast<std::int64_t>(request.prompts.size()) * request.n > kMostChoices) {
    throw bad_request(fmt::format("at most {} answers per request", kMostChoices), "n");
  }
}

std::string nullable(std::string_view text) { return text.empty() ? "null" : json_quote(text); }

std::string usage_object(const Usage& usage) {
  return fmt::format(R"({{"prompt_tokens":{},"total_tokens":{},"completion_tokens":{},)"
                     R"("prompt_tokens_details":{{"cached_tokens":{}}}}})",
                     usage.prompt_tokens, usage.prompt_tokens + usage.completion_tokens,
                     usage.completion_tokens, usage.cached_tokens);
}

}  // namespace

ApiError bad_request(const std::string& message, std::string param) {
  return {400, kInvalid, message, std::move(param)};
}

std::string error_body(const ApiError& error) {
  return fmt::format(R"({{"error":{{"message":{},"type":{},"param":{},"code":{}}}}})",
                     json_quote(error.what()), json_quote(error.type), nullable(error.param),
                     error.status);
}

GenerationRequest parse_completion(std::string_view body_text) {
  const json body = parse_object(body_text);
  GenerationRequest request;
  request.prompts = prompts(body);
  request.echo = boolean(body, "echo");
  parse_common(body, request);
  return request;
}

GenerationRequest parse_chat(std::string_view body_text) {
  const json body = parse_object(body_text);
  GenerationRequest request;
  request.is_chat = true;
  request.prompts = {chat_prompt(body)};
  parse_common(body, request);
  return request;
}

TokenizeRequest parse_tokenize(std::string_view body_text) {
  const json body = parse_object(body_text);
  TokenizeRequest request;
  request.model = text(body, "model");
  if (member(body, "messages") != nullptr) {
    request.text = chat_prompt(body);
  } else if (const json* prompt = member(body, "prompt"); prompt && prompt->is_string()) {
    request.text = prompt->get<std::string>();
  } else {
    throw bad_request("prompt must be a string", "prompt");
  }
  return request;
}

std::string stream_chunk_head(const AnswerHead& head) {
  return fmt::format(R"(data: {{"id":{},"object":"{}","created":{},"model":{},"choices":[)",
                     json_quote(head.id),
                     head.is_chat ? "chat.completion.chunk" : "text_completion", head.created_s,
                     json_quote(head.model));
}

void append_stream_chunk(std::string& out, const std::string& chunk_head, bool is_chat,
                         std::size_t choice, std::string_view text, std::string_view finish_reason,
                         const ChunkExtras& extras) {
  // Once per token: appended piece by piece, without a format to be read.
  out += chunk_head;
  out += R"({"index":)";
  out += fmt::format_int(choice).c_str();
  out += is_chat ? R"(,"delta":{"content":)" : R"(,"text":)";
  out += json_quote(text);
  if (is_chat) out += '}';
  out += R"(,"logprobs":null,"finish_reason":)";
  out += nullable(finish_reason);
  out += "}]";
  if (extras.usage) {
    out += R"(,"usage":)";
    out += usage_object(*extras.usage);
  }
  if (extras.due_us) {
    out += R"(,"blis_due_us":)";
    out += fmt::format_int(*extras.due_us).c_str();
  }
  out += "}\n\n";
}

std::string stream_role_chunk(const std::string& chunk_head, std::size_t choice) {
  return fmt::format(R"({}{{"index":{},"delta":{{"role":"assistant","content":""}},)"
                     R"("logprobs":null,"finish_reason":null}}]}})"
                     "\n\n",
                     chunk_head, choice);
}

std::string stream_usage_chunk(const std::string& chunk_head, const Usage& usage) {
  return fmt::format("{}],\"usage\":{}}}\n\n", chunk_head, usage_object(usage));
}

std::string stream_error(const ApiError& error) {
  return fmt::format("data: {}\n\n", error_body(error));
}

std::string answer_body(const AnswerHead& head, const std::vector<AnswerChoice>& choices,
                        const Usage& usage) {
  std::string list;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::string content =
        head.is_chat ? fmt::format(R"("message":{{"role":"assistant","content":{}}})",
                                   json_quote(choices[i].text))
                     : fmt::format(R"("text":{})", json_quote(choices[i].text));
    list += fmt::format(R"({}{{"index":{},{},"logprobs":null,"finish_reason":{}}})",
                        i == 0 ? "" : ",", i, content, nullable(choices[i].finish_reason));
  }
  return fmt::format(
      R"({{"id":{},"object":"{}","created":{},"model":{},"choices":[{}],"usage":{}}})",
      json_quote(head.id), head.is_chat ? "chat.completion" : "text_completion", head.created_s,
      json_quote(head.model), list, usage_object(usage));
}

}  // namespace blis::live
