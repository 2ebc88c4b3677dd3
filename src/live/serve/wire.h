// The OpenAI wire format, seen from the server: bodies to requests, tokens to chunks and answers.
// Pure functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace blis::live {

/// A request that is answered with an error body. what() is its message.
struct ApiError : std::runtime_error {
  ApiError(int status_in, std::string type_in, const std::string& message,
           std::string param_in = {})
      : std::runtime_error(message),
        status(status_in),
        type(std::move(type_in)),
        param(std::move(param_in)) {}
  int status;
  std::string type;
  std::string param;  ///< member of the body at fault; "" = null
};

ApiError bad_request(const std::string& message, std::string param = {});

/// The body of an error. `type` as vLLM names it, e.g. `BadRequestError`.
std::string error_body(const ApiError& error);

using TokenIds = std::vector<std::int32_t>;
/// A prompt as text, or as token ids.
using Prompt = std::variant<std::string, TokenIds>;

/// What a client asks for, of both endpoints.
struct GenerationRequest {
  bool is_chat = false;
  std::string model;  ///< "" = none given
  std::vector<Prompt> prompts;
  std::optional<std::int64_t> max_tokens;
  std::int64_t min_tokens = 0;
  std::int64_t n = 1;  ///< answers per prompt
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;
  bool echo = false;
  std::string user;  ///< tenant
  std::string session;
  std::optional<std::int64_t> priority;
};

/// THROWS ApiError (400).
GenerationRequest parse_completion(std::string_view body);
/// Messages become one prompt, each as `<|im_start|>role\ncontent<|im_end|>\n`, with the opening of
/// the answer behind them. THROWS ApiError (400).
GenerationRequest parse_chat(std::string_view body);

/// `/tokenize`: {prompt} or {messages}. THROWS ApiError (400).
struct TokenizeRequest {
  std::string text;
  std::string model;
};
TokenizeRequest parse_tokenize(std::string_view body);

/// What all chunks and the answer of one request have in common.
struct AnswerHead {
  bool is_chat = false;
  std::string id;  ///< `cmpl-…`, `chatcmpl-…`
  std::string model;
  std::int64_t created_s = 0;
};

struct Usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cached_tokens = 0;
};

struct AnswerChoice {
  std::string text;
  std::string_view finish_reason;  ///< "" = null
};

/// What an event of a stream has only where it is asked for.
struct ChunkExtras {
  std::optional<Usage> usage{};
  std::optional<std::int64_t> due_us{};  ///< `blis_due_us`, ours: when the model has this token
};

/// What all events of a stream begin with, from `data: ` on; made once per answer.
std::string stream_chunk_head(const AnswerHead& head);
/// One event of a stream, with its blank line, at the end of `out`. `chunk_head` as made above.
void append_stream_chunk(std::string& out, const std::string& chunk_head, bool is_chat,
                         std::size_t choice, std::string_view text, std::string_view finish_reason,
                         const ChunkExtras& extras);
/// The first event of a choice of a chat: its role.
std::string stream_role_chunk(const std::string& chunk_head, std::size_t choice);
/// The event without choices that ends a stream with `include_usage`.
std::string stream_usage_chunk(const std::string& chunk_head, const Usage& usage);
/// An error in the middle of a stream.
std::string stream_error(const ApiError& error);
inline constexpr std::string_view kStreamEnd = "data: [DONE]\n\n";

/// A whole answer.
std::string answer_body(const AnswerHead& head, const std::vector<AnswerChoice>& choices,
                        const Usage& usage);

}  // namespace blis::live
