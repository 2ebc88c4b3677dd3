#include "live/serve/answer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::live {

const std::string& answer_piece(const std::vector<std::string>& pieces, std::uint64_t seed,
                                std::int64_t index) {
  // A full period over any number of pieces that 31 does not divide, and no two requests alike.
  const std::uint64_t i = static_cast<std::uint64_t>(index);
  return pieces[(seed * 7 + i * 31 + i / pieces.size()) % pieces.size()];
}

ApiError error_of(EndReason reason) {
  switch (reason) {
    case EndReason::kRejected:
      return {429, "rate_limit_error", "the platform is saturated and did not take the request"};
    case EndReason::kEvicted:
      return {503, "service_unavailable_error", "the request made room for a more important one"};
    case EndReason::kInstanceLost:
      return {502, "service_unavailable_error", "the instance that had the request broke down"};
    case EndReason::kNoInstance:
      return {503, "service_unavailable_error", "no instance can take the request"};
    case EndReason::kTimedOut:
      return {504, "timeout_error", "the request's deadline has passed"};
    case EndReason::kUnservable:
      return bad_request(
          "the request does not fit into the context or the KV cache of an instance");
    case EndReason::kCompleted:
      break;
  }
  BLIS_CHECK(false, "serve: a completed request is no failure");
  return bad_request("");
}

Answer::Answer(AnswerHead head, const AnswerOptions& options, std::vector<ChoicePlan> choices,
               const std::vector<std::string>& pieces)
    : head_(std::move(head)),
      chunk_head_(stream_chunk_head(head_)),
      options_(options),
      pieces_(pieces) {
  for (ChoicePlan& plan : choices) choices_.emplace_back().plan = std::move(plan);
}

void Answer::take(std::size_t index, const Notice& notice, std::int64_t due_us) {
  Choice& choice = choices_[index];
  has_begun_ = true;
  choice.known_tokens =
      std::min(std::max(choice.known_tokens, notice.tokens), choice.plan.output_tokens);
  if (options_.due_times) {
    choice.due_us.resize(static_cast<std::size_t>(choice.known_tokens), due_us);
  }
  if (!notice.ended) return;
  if (*notice.ended != EndReason::kCompleted) {
    if (!failure_) failure_ = error_of(*notice.ended);
    return;
  }
  choice.has_ended = true;
  choice.cached_tokens = notice.record.cached_tokens;
  ++ended_;
}

void Answer::write_events(std::string& out, std::size_t most_bytes) {
  if (is_written_) return;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    while (out.size() < most_bytes && write_next(i, out)) {
    }
  }
  if (out.size() >= most_bytes) return;
  if (failure_) {
    out += stream_error(*failure_);
    out += kStreamEnd;
    is_written_ = true;
    return;
  }
  if (!std::ranges::all_of(choices_, &Choice::end_written)) return;
  if (options_.include_usage) out += stream_usage_chunk(chunk_head_, usage());
  out += kStreamEnd;
  is_written_ = true;
}

// One event of this choice; false if there is none for now.
bool Answer::write_next(std::size_t index, std::string& out) {
  Choice& c = choices_[index];
  const bool has_token = c.written_tokens < c.known_tokens;
  if (c.end_written || (!has_token && !c.has_ended)) return false;
  if (!c.role_written) {
    c.role_written = true;
    if (head_.is_chat) out += stream_role_chunk(chunk_head_, index);
    if (!c.plan.echo.empty()) {
      append_stream_chunk(out, chunk_head_, head_.is_chat, index, c.plan.echo, "", {});
    }
  }
  std::string_view text;
  ChunkExtras extras;
  if (has_token) {
    if (options_.due_times) extras.due_us = c.due_us[static_cast<std::size_t>(c.written_tokens)];
    text = answer_piece(pieces_, c.plan.seed, c.written_tokens++);
  }
  // The end comes with the last token if both are there.
  c.end_written = c.has_ended && c.written_tokens == c.known_tokens;
  if (options_.continuous_usage) {
    extras.usage = {c.plan.prompt_tokens, c.written_tokens, c.cached_tokens};
  }
  append_stream_chunk(out, chunk_head_, head_.is_chat, index, text,
                      c.end_written ? c.plan.finish_reason : "", extras);
  return true;
}

std::string Answer::body() const {
  std::vector<AnswerChoice> answers;
  for (const Choice& c : choices_) {
    AnswerChoice& answer = answers.emplace_back();
    answer.text = c.plan.echo;
    for (std::int64_t i = 0; i < c.known_tokens; ++i) {
      answer.text += answer_piece(pieces_, c.plan.seed, i);
    }
    answer.finish_reason = c.plan.finish_reason;
  }
  return answer_body(head_, answers, usage());
}

Usage Answer::usage() const {
  Usage total;
  for (const Choice& c : choices_) {
    total.prompt_tokens += c.plan.prompt_tokens;
    total.completion_tokens += c.known_tokens;
    total.cached_tokens += c.cached_tokens;
  }
  return total;
}

}  // namespace blis::live
