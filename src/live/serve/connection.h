// One connection of a client: requests are read from it one after the other and answered.
//
// Text of a stream is made when the socket takes more. Whoever owns the loop owns the connection;
// calls that are under way keep it alive.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/serve/serve_loop.h"

namespace blis::live {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServeLoop& server, tcp::socket socket)
      : server_(server), socket_(std::move(socket)), timer_(server.io) {}

  void start() {
    error_code ignored;
    socket_.non_blocking(true, ignored);  // once: it is a system call
    read_request();
  }
  /// A notice for this choice of the answer; marks the connection as having news.
  void take(std::size_t choice, const Notice& notice);
  /// Writes what there is, if the socket takes it.
  void flush();
  /// Ends it where no answer is under way.
  void close_if_idle() {
    if (!is_busy_) close();
  }
  void close();

  bool is_marked = false;  // stands in ServeLoop::with_news

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
  void submit(Generation generation);
  void watch_for_disconnect();
  bool write_portion();
  void write(std::string_view data);
  void on_written(error_code error);
  void finish_response();
  void drop_tickets();
  std::string head(int status, std::string_view content_type, std::optional<std::size_t> length);

  ServeLoop& server_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
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

}  // namespace blis::live
