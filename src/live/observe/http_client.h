// Thousands of HTTP exchanges at once from one thread: libcurl's multi interface on an EventLoop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "live/observe/event_loop.h"
#include "live/observe/exchange.h"

namespace blis::live {

struct ClientRequest {
  std::string url{};
  bool is_post = true;
  std::string body{};                    ///< of a POST
  std::vector<std::string> headers{};    ///< `Name: value`
  std::chrono::milliseconds timeout{0};  ///< of the whole exchange, connecting included; 0 = none
};

/// Who is told about one exchange. Lives until on_end.
class HttpListener {
 public:
  virtual ~HttpListener() = default;
  /// Part of the body came in. False: break the transfer off.
  virtual bool on_body(int http_status, std::string_view bytes) = 0;
  /// The last call. May start further requests.
  virtual void on_end(const TransferEnd& end) = 0;
};

/// HTTP/1.1 and TLS; connections are kept and used again. No redirects, no retries: what is
/// measured is one attempt. Not thread-safe; the loop outlives it.
class HttpClient {
 public:
  /// Keeps up to `connections` of them open. THROWS std::runtime_error if libcurl does not start.
  HttpClient(EventLoop& loop, std::size_t connections);
  /// Exchanges that have not ended are dropped without on_end.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Takes the request; the next on_time(), for which it is time at once, sends it.
  void start(const ClientRequest& request, HttpListener& listener);
  /// Breaks all exchanges off, in the order of their start; each ends as interrupted.
  void interrupt();
  std::size_t in_flight() const;

  /// The caller waits on the loop until this moment at most, then calls on_time().
  Clock::time_point next_time() const;
  void on_time();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes room for `descriptors` open files, as far as the system's hard limit goes. Returns how
/// many there may be.
std::size_t raise_descriptor_limit(std::size_t descriptors);

}  // namespace blis::live
