#include "live/observe/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "live/observe/reply.h"

namespace blis::live {
namespace {

constexpr int kHttpOk = 200;
constexpr std::size_t kErrorBodyBytes = 4096;                   ///< kept for the message
constexpr std::size_t kLongestAnswerBytes = 256 * 1024 * 1024;  ///< of a whole answer

}  // namespace

std::string_view status_text(ExchangeStatus status) {
  switch (status) {
    case ExchangeStatus::kOk:
      return "ok";
    case ExchangeStatus::kTimeout:
      return "timeout";
    case ExchangeStatus::kError:
      break;
  }
  return "error";
}

Exchange::Exchange(const ExchangeOptions& options, std::int64_t send_us) : options_(options) {
  result_.send_us = send_us;
}

bool Exchange::on_body(int http_status, std::string_view bytes, std::int64_t now_us) {
  if (http_status != kHttpOk) {
    body_ += bytes.substr(0, kErrorBodyBytes - std::min(kErrorBodyBytes, body_.size()));
    return true;  // reading it to the end keeps the connection usable
  }
  if (!options_.streaming) {
    if (result_.first_chunk_us == 0) result_.first_chunk_us = now_us;
    body_ += bytes;
    if (body_.size() <= kLongestAnswerBytes) return true;
    protocol_error_ = fmt::format("the answer is longer than {} bytes", kLongestAnswerBytes);
    return false;
  }
  const bool readable = sse_.feed(bytes, [&](std::string_view p) { on_payload(p, now_us); });
  if (!readable) {
    protocol_error_ =
        fmt::format("a line of the stream is longer than {} bytes", SseParser::kLongestLineBytes);
  }
  return readable;
}

void Exchange::on_payload(std::string_view payload, std::int64_t now_us) {
  if (done_) return;
  if (payload == kSseDone) {
    done_ = true;
    return;
  }
  const std::optional<ReplyFields> reply = parse_reply(payload);
  // A frame that is no JSON was received all the same: it counts.
  if (!options_.content_chunks_only || !reply || reply->has_content) {
    if (result_.num_chunks == 0) result_.first_chunk_us = now_us;
    result_.last_chunk_us = now_us;
    ++result_.num_chunks;
    if (options_.keep_chunk_times) result_.chunk_times_us.push_back(now_us);
  }
  if (!reply) return;
  if (!reply->error.empty()) server_error_ = reply->error;
  if (!reply->finish_reason.empty()) result_.finish_reason = reply->finish_reason;
  if (reply->has_usage) {
    result_.has_usage = true;
    result_.prompt_tokens = reply->prompt_tokens;
    result_.completion_tokens = reply->completion_tokens;
  }
}

void Exchange::fail(ExchangeStatus status, std::string message) {
  result_.status = status;
  result_.error_message = std::move(message);
}

void Exchange::drop_times() {
  result_.first_chunk_us = 0;
  result_.last_chunk_us = 0;
}

ExchangeResult Exchange::finish(const TransferEnd& end, std::int64_t now_us) {
  using Kind = TransferEnd::Kind;
  const bool has_answer = end.http_status == kHttpOk;
  if (end.kind == Kind::kTimeout && !done_) {
    fail(ExchangeStatus::kTimeout, end.message);
  } else if (!protocol_error_.empty()) {
    fail(ExchangeStatus::kError, protocol_error_);
  } else if (end.kind != Kind::kDone && !done_) {
    fail(ExchangeStatus::kError, end.message);
  } else if (!has_answer) {
    fail(ExchangeStatus::kError, fmt::format("HTTP {}: {}", end.http_status, body_));
  }
  const bool failed = result_.status != ExchangeStatus::kOk;
  if (!has_answer || (failed && !options_.streaming)) {
    drop_times();
  } else if (options_.streaming) {
    finish_stream(now_us);
  } else {
    finish_whole(now_us);
  }
  return std::move(result_);
}

void Exchange::finish_stream(std::int64_t now_us) {
  if (result_.status != ExchangeStatus::kOk) return;  // what came before the failure stays
  sse_.finish([&](std::string_view p) { on_payload(p, now_us); });
  if (!server_error_.empty()) {
    fail(ExchangeStatus::kError, server_error_);
  } else if (result_.num_chunks == 0) {
    fail(ExchangeStatus::kError, "the stream held no chunk");
  } else if (!done_ && result_.finish_reason.empty()) {
    fail(ExchangeStatus::kError, "the stream ended without [DONE] and without a finish reason");
  }
}

void Exchange::finish_whole(std::int64_t now_us) {
  result_.last_chunk_us = now_us;
  if (result_.first_chunk_us == 0) result_.first_chunk_us = now_us;  // an empty body
  result_.num_chunks = 1;
  const std::optional<ReplyFields> reply = parse_reply(body_);
  if (!reply) {
    fail(ExchangeStatus::kError, "the answer is not a JSON object");
    return;
  }
  result_.has_usage = reply->has_usage;
  result_.prompt_tokens = reply->prompt_tokens;
  result_.completion_tokens = reply->completion_tokens;
  result_.finish_reason = reply->finish_reason;
  if (!reply->error.empty()) fail(ExchangeStatus::kError, reply->error);
}

}  // namespace blis::live
