#include "live/serve/http_server.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cmath>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace blis::live {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// Of a stream, made at a time.
constexpr std::size_t kWriteBytes = 16 << 10;

class Connection;

/// Everything that the connections share.
struct Server {
  Server(const HttpServerConfig& config_in, const Service& service_in,
         const Tokenizer& tokenizer_in, Platform& platform_in, ServeMetrics& metrics_in)
      : config(config_in),
        service(service_in),
        tokenizer(tokenizer_in),
        platform(platform_in),
        metrics(metrics_in),
        acceptor(io),
        accept_pause(io),
        tick(io),
        drain_timer(io),
        signals(io, SIGINT, SIGTERM) {}

  struct Waiter {
    std::weak_ptr<Connection> connection;
    std::size_t choice = 0;
  };

  Micros now() const {
    const std::chrono::duration<double, std::micro> elapsed = SteadyClock::now() - started;
    return Micros::truncate(elapsed.count() * config.speedup);
  }
  void listen();
  void accept();
  void await_signals();
  void drain();
  /// Brings the platform to the present, hands out what is due, and sleeps until something is.
  void pump();
  void schedule_pump();
  void forget(Connection* connection);

  const HttpServerConfig& config;
  const Service& service;
  const Tokenizer& tokenizer;
  Platform& platform;
  ServeMetrics& metrics;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause;
  asio::steady_timer tick;
  asio::steady_timer drain_timer;
  asio::signal_set signals;
  SteadyClock::time_point started = SteadyClock::now();
  absl::flat_hash_map<Ticket, Waiter> waiters;
  absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections;
  std::vector<std::pair<std::shared_ptr<Connection>, Micros>> with_news;  // since when
  std::size_t drops_done = 0;
  std::uint64_t answers = 0;
  bool is_draining = false;
  bool pump_is_posted = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, tcp::socket socket)
      : server_(server), socket_(std::move(socket)), timer_(server.io) {}

  void start() { read_request(); }
  /// A notice for this choice of the answer; marks the connection as having news.
  void take(std::size_t choice, const Notice& notice);
  /// Writes what there is, if the socket takes it.
  void flush();
  /// Ends it where no answer is under way.
  void close_if_idle() {
    if (!is_busy_) close();
  }
  void close();

  bool is_marked = false;  // stands in Server::with_news

 private:
  void arm(std::chrono::seconds limit);
  void disarm() { timer_.cancel(); }
  void read_request();
  void on_header(error_code error);
  void read_body();
  void on_request(error_code error);
  void refuse(error_code error);
  void reply(const Reply& reply, bool close_after);
  void generate(Generation generation);
  void submit(std::vector<request::RequestSpec> specs);
  void watch_for_disconnect();
  bool write_portion();
  void write(std::string data);
  void on_written(error_code error);
  void finish_response();
  void drop_tickets();
  std::string head(int status, std::string_view content_type, std::optional<std::size_t> length);

  Server& server_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  bool is_busy_ = false;     // a request is being answered
  bool keep_alive_ = false;  // after this response
  bool is_head_only_ = false;
  bool is_chunked_ = true;
  std::uint64_t watch_ = 0;  // number of the disconnect watch that counts

  std::string writing_;
  bool is_writing_ = false;
  bool is_last_write_ = false;

  std::optional<Answer> answer_;
  bool streams_ = false;
  bool head_written_ = false;
  std::vector<Ticket> tickets_;
  std::optional<std::int64_t> disconnect_after_;  // tokens: an injected fault
};

// ------------------------------------------------------------------------------------------------
// server

void Server::listen() {
  error_code error;
  const auto address = asio::ip::make_address(config.host, error);
  if (error) {
    throw ConfigError({.file = "", .line = 0, .key = "--host"},
                      fmt::format("\"{}\" is not an IP address", config.host));
  }
  const tcp::endpoint endpoint(address, config.port);
  const auto check = [&](const char* what) {
    if (!error) return;
    throw ConfigError(
        {.file = "", .line = 0, .key = "--port"},
        fmt::format("cannot {} {}:{}: {}", what, config.host, config.port, error.message()));
  };
  acceptor.open(endpoint.protocol(), error);
  check("open a socket for");
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  check("bind to");
  acceptor.listen(4096, error);
  check("listen on");
}

void Server::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || is_draining) return;
    if (error) {
      // Out of descriptors, most likely: try again when some may have been given back.
      accept_pause.expires_after(std::chrono::milliseconds(100));
      accept_pause.async_wait([this](error_code) {
        if (!is_draining) accept();
      });
      return;
    }
    // Above the limit the connection is closed at once, which a client sees as a refusal.
    if (connections.size() < config.max_connections) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const auto connection = std::make_shared<Connection>(*this, std::move(socket));
      connections.emplace(connection.get(), connection);
      connection->start();
    }
    accept();
  });
}

void Server::await_signals() {
  signals.async_wait([this](error_code error, int) {
    if (error) return;
    if (is_draining) {
      io.stop();
      return;
    }
    await_signals();
    drain();
  });
}

void Server::drain() {
  if (std::exchange(is_draining, true)) return;
  error_code ignored;
  acceptor.close(ignored);
  accept_pause.cancel();
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : connections) all.push_back(connection);
  for (const auto& connection : all) connection->close_if_idle();
  if (connections.empty()) return io.stop();
  drain_timer.expires_after(config.drain_timeout);
  drain_timer.async_wait([this](error_code error) {
    if (!error) io.stop();
  });
}

void Server::forget(Connection* connection) {
  connections.erase(connection);
  if (is_draining && connections.empty()) io.stop();
}

void Server::pump() {
  const Micros present = now();
  const std::vector<InstanceDrop>& drops = config.faults.drops();
  for (; drops_done < drops.size() && drops[drops_done].at <= present; ++drops_done) {
    platform.advance(drops[drops_done].at);
    platform.drop_instance(InstanceId(static_cast<std::size_t>(drops[drops_done].instance)));
  }
  platform.advance(present);
  for (const Platform::Step& step : platform.take_steps()) metrics.count_step(step);
  while (const std::optional<Notice> notice = platform.next_notice(present)) {
    metrics.count_notice(*notice);
    const auto found = waiters.find(notice->ticket);
    if (found == waiters.end()) continue;
    const std::shared_ptr<Connection> connection = found->second.connection.lock();
    const std::size_t choice = found->second.choice;
    if (notice->ended) waiters.erase(found);
    if (!connection) continue;
    connection->take(choice, *notice);
    if (std::exchange(connection->is_marked, true)) continue;
    with_news.emplace_back(connection, notice->at);
  }
  for (const auto& [connection, since] : std::exchange(with_news, {})) {
    connection->is_marked = false;
    connection->flush();
    metrics.count_lateness(static_cast<double>((now() - since).count()) / config.speedup / 1e6);
  }
  schedule_pump();
}

void Server::schedule_pump() {
  const std::vector<InstanceDrop>& drops = config.faults.drops();
  const Micros drop = drops_done < drops.size() ? drops[drops_done].at : Micros::max();
  const Micros due = std::min(platform.next_due(), drop);
  if (due == Micros::max()) {
    tick.cancel();
    return;
  }
  const std::chrono::duration<double, std::micro> wall(
      std::ceil(static_cast<double>(due.count()) / config.speedup));
  tick.expires_at(started + std::chrono::duration_cast<SteadyClock::duration>(wall));
  tick.async_wait([this](error_code error) {
    if (!error) pump();
  });
}

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
        reply_of({413, "invalid_request_error",
                  fmt::format("the body has more than {} bytes", server_.config.max_body_bytes)}),
        true);
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return reply(reply_of({431, "invalid_request_error", "the header is too large"}), true);
  }
  const bool has_gone =
      error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != http::make_error_code(http::error::bad_method).category();
  if (has_gone) return close();
  reply(reply_of({400, "invalid_request_error", "not an HTTP request: " + error.message()}), true);
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
  write(std::move(text));
}

void Connection::generate(Generation generation) {
  const std::uint64_t number = ++server_.answers;
  AnswerHead head{.is_chat = generation.is_chat,
                  .id = fmt::format("{}-{:016x}", generation.is_chat ? "chatcmpl" : "cmpl", number),
                  .model = std::move(generation.model),
                  .created_s = std::time(nullptr)};
  streams_ = generation.stream;
  head_written_ = false;
  answer_.emplace(std::move(head), generation.include_usage, generation.continuous_usage,
                  std::move(generation.plans), server_.tokenizer.answer_pieces());
  if (streams_ && !is_chunked_) keep_alive_ = false;
  const Fault fault = server_.config.faults.draw(number);
  disconnect_after_ = fault.disconnect_after_tokens;
  if (fault.status) {
    return reply(reply_of({*fault.status, "injected_error", "an injected fault"}), false);
  }
  watch_for_disconnect();
  if (fault.delay.count() == 0) return submit(std::move(generation.specs));
  timer_.expires_after(fault.delay);
  timer_.async_wait(
      [weak = weak_from_this(), specs = std::move(generation.specs)](error_code error) mutable {
        const auto self = weak.lock();
        if (!error && self && self->socket_.is_open()) self->submit(std::move(specs));
      });
}

void Connection::submit(std::vector<request::RequestSpec> specs) {
  const Micros now = server_.now();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Ticket ticket = server_.platform.submit(std::move(specs[i]), now);
    server_.waiters.emplace(ticket, Server::Waiter{weak_from_this(), i});
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
        self->socket_.non_blocking(true, peeked);
        self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, peeked);
        if (peeked && peeked != asio::error::would_block) self->close();
        // Otherwise the next request has come early, and only writing will show whether it is gone.
      });
}

void Connection::take(std::size_t choice, const Notice& notice) {
  if (!answer_) return;
  answer_->take(choice, notice);
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
  std::string events;
  answer_->write_events(events, kWriteBytes);
  if (events.empty() && !answer_->is_written()) return false;
  std::string text;
  if (!std::exchange(head_written_, true)) {
    if (server_.is_draining) keep_alive_ = false;
    text = head(200, "text/event-stream; charset=utf-8", std::nullopt);
  }
  if (is_chunked_) {
    if (!events.empty()) text += fmt::format("{:x}\r\n{}\r\n", events.size(), events);
    if (answer_->is_written()) text += "0\r\n\r\n";
  } else {
    text += events;
  }
  is_last_write_ = answer_->is_written();
  write(std::move(text));
  return true;
}

// Most of the time the socket takes all of it at once, and that costs one system call and nothing
// else.
void Connection::write(std::string data) {
  error_code error;
  socket_.non_blocking(true, error);
  const std::size_t taken = socket_.write_some(asio::buffer(data), error);
  if (error && error != asio::error::would_block) return close();
  if (taken == data.size()) {
    if (is_last_write_) finish_response();
    return;
  }
  writing_ = std::move(data);
  is_writing_ = true;
  arm(server_.config.write_timeout);
  asio::async_write(
      socket_, asio::buffer(writing_) + taken,
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

/// As many descriptors as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void serve(const HttpServerConfig& config, const Service& service, const Tokenizer& tokenizer,
           Platform& platform, ServeMetrics& metrics,
           const std::function<void(const Listening&)>& on_listening) {
  raise_descriptor_limit();
  Server server(config, service, tokenizer, platform, metrics);
  server.listen();
  server.await_signals();
  server.accept();
  server.schedule_pump();
  on_listening({.port = server.acceptor.local_endpoint().port(),
                .stop = [&server] { asio::post(server.io, [&server] { server.drain(); }); }});
  server.io.run();
  // Connections hold timers and sockets of the context, which must outlive them.
  server.with_news.clear();
  server.connections.clear();
}

}  // namespace blis::live
