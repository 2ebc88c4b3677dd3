#include "live/serve/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <ctime>
#include <utility>

namespace blis::live {
namespace {

namespace http = boost::beast::http;

// Of a stream, made at a time.
constexpr std::size_t kWriteBytes = 16 << 10;
// Of a chunk: up to eight digits of its length, and the end of their line.
constexpr std::size_t kChunkHeadBytes = 10;

/// Writes the head of a chunk of so many bytes right before byte kChunkHeadBytes of `out`; returns
/// where it begins.
std::size_t put_chunk_head(std::string& out, std::size_t bytes) {
  std::size_t begin = kChunkHeadBytes;
  out[--begin] = '\n';
  out[--begin] = '\r';
  for (; bytes > 0; bytes >>= 4U) out[--begin] = "0123456789abcdef"[bytes & 0xfU];
  return begin;
}

}  // namespace

// ------------------------------------------------------------------------------------------------
// reading

void Connection::arm(std::chrono::seconds limit) {
  timer_.expires_after(limit);
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    // A timer that was set anew while this call was on its way has not run out.
    if (!error && self && self->timer_.expiry() <= SteadyClock::now()) self->close();
  });
}

void Connection::close() {
  ++watch_;
  disarm();
  drop_tickets();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  server_.forget(this);
}

// Nobody wants what these would still say.
void Connection::drop_tickets() {
  for (const Ticket ticket : tickets_) {
    if (server_.waiters.erase(ticket) == 0) continue;
    server_.metrics.count_abort(server_.platform.cancel(ticket));
    if (server_.kv_events != nullptr) server_.kv_events->remove(ticket);
  }
  tickets_.clear();
}

void Connection::read_request() {
  is_busy_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.config.max_header_bytes));
  parser_->body_limit(server_.config.max_body_bytes);
  arm(server_.config.idle_timeout);
  http::async_read_header(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
}

void Connection::on_header(error_code error) {
  if (!socket_.is_open()) return;
  if (error) return refuse(error);
  is_busy_ = true;
  arm(server_.config.request_timeout);
  if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    return read_body();
  }
  static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kGoOn),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      if (failed) return self->close();
                      self->read_body();
                    });
}

void Connection::read_body() {
  http::async_read(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->on_request(error); });
}

// What cannot be read is answered, if it can be, and the connection closed: where the next request
// would begin is not known.
void Connection::refuse(error_code error) {
  is_busy_ = true;
  if (error == http::error::body_limit) {
    return reply(
        reply_of({413, "BadRequestError",
                  fmt::format("the body has more than {} bytes", server_.config.max_body_bytes)}),
        true);
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return reply(reply_of({431, "BadRequestError", "the header is too large"}), true);
  }
  const bool has_gone =
      error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != http::make_error_code(http::error::bad_method).category();
  if (has_gone) return close();
  reply(reply_of({400, "BadRequestError", "not an HTTP request: " + error.message()}), true);
}

void Connection::on_request(error_code error) {
  if (!socket_.is_open()) return;
  if (error) return refuse(error);
  disarm();
  auto& message = parser_->get();
  const auto field = [&](boost::beast::string_view name) { return std::string(message[name]); };
  keep_alive_ = message.keep_alive();
  is_head_only_ = message.method() == http::verb::head;
  is_chunked_ = message.version() >= 11;
  HttpRequest request{.method = is_head_only_ ? "GET" : std::string(message.method_string()),
                      .target = std::string(message.target()),
                      .authorization = field("authorization"),
                      .tenant = field("x-llm-d-inference-fairness-id"),
                      .slo_class = field("x-gateway-inference-objective"),
                      .wants_due_times = field("x-blis-due-times") == "true",
                      .body = std::move(message.body())};
  parser_.reset();
  Action action = server_.service.handle(request);
  if (auto* generation = std::get_if<Generation>(&action)) return generate(std::move(*generation));
  if (const Question* question = std::get_if<Question>(&action)) {
    if (*question == Question::kMetrics) {
      return reply({.status = 200,
                    .content_type = "text/plain; version=0.0.4; charset=utf-8",
                    .body = server_.metrics.render(server_.platform, server_.connections.size())},
                   false);
    }
    return reply({.status = server_.is_draining ? 503 : 200, .content_type = "text/plain"}, false);
  }
  reply(std::get<Reply>(action), false);
}

// ------------------------------------------------------------------------------------------------
// writing

std::string Connection::head(int status, std::string_view content_type,
                             std::optional<std::size_t> length) {
  server_.metrics.count_http(status);
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nserver: blis\r\ncontent-type: {}\r\n", status,
                  std::string_view(http::obsolete_reason(static_cast<http::status>(status)).data(),
                                   http::obsolete_reason(static_cast<http::status>(status)).size()),
                  content_type);
  if (length) {
    text += fmt::format("content-length: {}\r\n", *length);
  } else {
    text += "cache-control: no-cache\r\n";
    if (is_chunked_) text += "transfer-encoding: chunked\r\n";
  }
  if (status == 429 || status == 503) text += "retry-after: 1\r\n";
  if (!keep_alive_) text += "connection: close\r\n";
  return text + "\r\n";
}

void Connection::reply(const Reply& reply, bool close_after) {
  if (close_after || server_.is_draining) keep_alive_ = false;
  std::string text = head(reply.status, reply.content_type, reply.body.size());
  if (!is_head_only_) text += reply.body;
  is_last_write_ = true;
  write(text);
}

void Connection::generate(Generation generation) {
  const std::uint64_t number = ++server_.answers;
  AnswerHead head{.is_chat = generation.is_chat,
                  .id = fmt::format("{}-{:016x}", generation.is_chat ? "chatcmpl" : "cmpl", number),
                  .model = std::move(generation.model),
                  .created_s = std::time(nullptr)};
  streams_ = generation.stream;
  head_written_ = false;
  const AnswerOptions options{.include_usage = generation.include_usage,
                              .continuous_usage = generation.continuous_usage,
                              .due_times = generation.due_times};
  answer_.emplace(std::move(head), options, std::move(generation.plans),
                  server_.tokenizer.answer_pieces());
  if (streams_ && !is_chunked_) keep_alive_ = false;
  const Fault fault = server_.config.faults.draw(number);
  disconnect_after_ = fault.disconnect_after_tokens;
  if (fault.status) {
    return reply(reply_of({*fault.status, "injected_error", "an injected fault"}), false);
  }
  watch_for_disconnect();
  if (fault.delay.count() == 0) return submit(std::move(generation));
  timer_.expires_after(fault.delay);
  timer_.async_wait(
      [weak = weak_from_this(), later = std::move(generation)](error_code error) mutable {
        const auto self = weak.lock();
        if (!error && self && self->socket_.is_open()) self->submit(std::move(later));
      });
}

void Connection::submit(Generation generation) {
  const Micros now = server_.now();
  for (std::size_t i = 0; i < generation.specs.size(); ++i) {
    request::RequestSpec& spec = generation.specs[i];
    const auto keys = spec.keys;
    const Ticket ticket = server_.platform.submit(std::move(spec), now);
    if (server_.kv_events != nullptr) {
      server_.kv_events->add(ticket, keys, std::move(generation.token_ids[i]));
    }
    server_.waiters.emplace(ticket, ServeLoop::Waiter{weak_from_this(), i});
    tickets_.push_back(ticket);
  }
  server_.schedule_pump();
}

// Nothing is expected from a client that waits for its answer; if its end of the connection
// becomes readable and there is nothing to read, it has gone.
void Connection::watch_for_disconnect() {
  socket_.async_wait(
      tcp::socket::wait_read, [self = shared_from_this(), watch = ++watch_](error_code error) {
        if (error || watch != self->watch_ || !self->socket_.is_open()) return;
        char byte = 0;
        error_code peeked;
        self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, peeked);
        if (peeked && peeked != asio::error::would_block) self->close();
        // Otherwise the next request has come early, and only writing will show whether it is gone.
      });
}

void Connection::take(std::size_t choice, const Notice& notice) {
  if (!answer_) return;
  answer_->take(choice, notice, server_.epoch_us(notice.at));
  if (disconnect_after_ && notice.tokens > *disconnect_after_) close();
}

void Connection::flush() {
  while (answer_ && !is_writing_ && socket_.is_open() && write_portion()) {
  }
}

// The next part of the answer that is due; false if there is none.
bool Connection::write_portion() {
  if (answer_->failure() && !head_written_) {
    const Reply failure = reply_of(*answer_->failure());
    reply(failure, false);
    return false;
  }
  if (!streams_) {
    if (answer_->is_complete()) reply({.body = answer_->body()}, false);
    return false;
  }
  if (!answer_->has_begun()) return false;
  // Made in one buffer that all connections share, with room for the chunk's head in front.
  std::string& out = server_.scratch;
  out.assign(kChunkHeadBytes, ' ');
  answer_->write_events(out, kWriteBytes);
  const std::size_t event_bytes = out.size() - kChunkHeadBytes;
  if (event_bytes == 0 && !answer_->is_written()) return false;
  std::size_t begin = kChunkHeadBytes;
  if (is_chunked_) {
    if (event_bytes > 0) {
      begin = put_chunk_head(out, event_bytes);
      out += "\r\n";
    }
    if (answer_->is_written()) out += "0\r\n\r\n";
  }
  if (!std::exchange(head_written_, true)) {
    if (server_.is_draining) keep_alive_ = false;
    out.replace(0, begin, head(200, "text/event-stream; charset=utf-8", std::nullopt));
    begin = 0;
  }
  is_last_write_ = answer_->is_written();
  write(std::string_view(out).substr(begin));
  return true;
}

// Most of the time the socket takes all of it at once, and that costs one system call and nothing
// else.
void Connection::write(std::string_view data) {
  error_code error;
  const std::size_t taken = socket_.write_some(asio::buffer(data), error);
  if (error && error != asio::error::would_block) return close();
  if (taken == data.size()) {
    if (is_last_write_) finish_response();
    return;
  }
  writing_ = data.substr(taken);
  is_writing_ = true;
  arm(server_.config.write_timeout);
  asio::async_write(
      socket_, asio::buffer(writing_),
      [self = shared_from_this()](error_code failed, std::size_t) { self->on_written(failed); });
}

void Connection::on_written(error_code error) {
  is_writing_ = false;
  if (!socket_.is_open()) return;
  if (error) return close();
  disarm();
  if (is_last_write_) return finish_response();
  flush();
}

void Connection::finish_response() {
  drop_tickets();
  answer_.reset();
  is_last_write_ = false;
  ++watch_;
  if (!keep_alive_ || server_.is_draining) return close();
  error_code ignored;
  socket_.cancel(ignored);  // the watch
  read_request();
}

}  // namespace blis::live
