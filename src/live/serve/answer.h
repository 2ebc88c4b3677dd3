// One request on its way out: which tokens exist, which were written, and what is written next.
//
// Knows the wire format and nothing of sockets. A slow client costs two counters per choice: text
// is made only when there is room to write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/serve/platform.h"
#include "live/serve/wire.h"

namespace blis::live {

/// What one choice will be when it is complete.
struct ChoicePlan {
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
  std::string_view finish_reason;  ///< when all of them exist
  std::string echo{};              ///< text before the answer
  std::uint64_t seed = 0;          ///< which words
};

/// The text of token `index` of an answer. Pure.
const std::string& answer_piece(const std::vector<std::string>& pieces, std::uint64_t seed,
                                std::int64_t index);

/// What the client wants to be told beside the text of a stream.
struct AnswerOptions {
  bool include_usage = false;
  bool continuous_usage = false;
  bool due_times = false;  ///< of each token: when the model has it
};

class Answer {
 public:
  /// `pieces` outlives the answer.
  Answer(AnswerHead head, const AnswerOptions& options, std::vector<ChoicePlan> choices,
         const std::vector<std::string>& pieces);

  /// `due_us`: the notice's time in microseconds since the Unix epoch.
  void take(std::size_t choice, const Notice& notice, std::int64_t due_us = 0);
  /// The first failure of any choice; nothing more will come.
  const std::optional<ApiError>& failure() const { return failure_; }
  /// Something came that a stream would show, a failure included.
  bool has_begun() const { return has_begun_; }
  bool is_complete() const { return ended_ == choices_.size(); }

  /// Appends events to `out` until it holds `most_bytes` or there is nothing to say for now. One
  /// event per token, however late.
  void write_events(std::string& out, std::size_t most_bytes);
  /// All events were written, `[DONE]` included.
  bool is_written() const { return is_written_; }

  /// The whole answer. REQUIRES is_complete(), no failure.
  std::string body() const;

 private:
  struct Choice {
    ChoicePlan plan;
    std::int64_t known_tokens = 0;
    std::int64_t written_tokens = 0;
    std::int64_t cached_tokens = 0;
    bool has_ended = false;
    bool role_written = false;
    bool end_written = false;
    std::vector<std::int64_t> due_us;  // by token, if asked for
  };
  Usage usage() const;
  bool write_next(std::size_t index, std::string& out);

  AnswerHead head_;
  std::string chunk_head_;
  AnswerOptions options_;
  std::vector<Choice> choices_;
  const std::vector<std::string>& pieces_;
  std::size_t ended_ = 0;
  bool has_begun_ = false;
  bool is_written_ = false;
  std::optional<ApiError> failure_;
};

/// What a client is told of this end. REQUIRES  reason != kCompleted.
ApiError error_of(EndReason reason);

}  // namespace blis::live
