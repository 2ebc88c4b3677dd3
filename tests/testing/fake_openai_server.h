// A scripted HTTP server on the loopback, for tests of clients. What it answers, and how badly, is
// a function of the request.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace blis::testing {

struct FakeRequest {
  std::string path;
  std::string head;  ///< request line and headers
  std::string body;

  bool is_streaming() const { return body.find("\"stream\":true") != std::string::npos; }
  bool has_header(std::string_view line) const { return head.find(line) != std::string::npos; }
  /// `max_tokens` of the body; 0 if it has none.
  int max_tokens() const {
    constexpr std::string_view kKey = "\"max_tokens\":";
    const std::size_t at = body.find(kKey);
    return at == std::string::npos ? 0 : std::stoi(body.substr(at + kKey.size()));
  }
};

/// The server's end of one connection. Writes to a client that is gone are lost silently.
class FakeConnection {
 public:
  explicit FakeConnection(int socket) : socket_(socket) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// A whole answer.
  void answer(int status, std::string_view body, std::string_view type = "application/json") {
    send(fmt::format("HTTP/1.1 {} Status\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                     status, type, body.size(), body));
  }
  void begin_stream() {
    send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  }
  /// Bytes of a stream, as they are.
  void stream(std::string_view bytes) {
    if (!bytes.empty()) send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
  }
  void frame(std::string_view payload) { stream(fmt::format("data: {}\n\n", payload)); }
  void end_stream() { send("0\r\n\r\n"); }
  void hang_up() { ::shutdown(socket_, SHUT_RDWR); }

 private:
  int socket_;
};

inline std::string usage_json(int prompt_tokens, int completion_tokens) {
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})",
                     prompt_tokens, completion_tokens, prompt_tokens + completion_tokens);
}

/// Answers as vLLM does: `max_tokens` chunks of one word, then the usage; 120 prompt tokens.
inline void answer_well(FakeConnection& connection, const FakeRequest& request) {
  const int tokens = request.max_tokens();
  if (!request.is_streaming()) {
    connection.answer(200,
                      fmt::format(R"({{"choices":[{{"text":"word","finish_reason":"length"}}],)"
                                  R"("usage":{}}})",
                                  usage_json(120, tokens)));
    return;
  }
  connection.begin_stream();
  for (int i = 0; i < tokens; ++i) {
    connection.frame(fmt::format(R"({{"choices":[{{"text":"word","finish_reason":{}}}]}})",
                                 i + 1 == tokens ? "\"length\"" : "null"));
  }
  connection.frame(fmt::format(R"({{"choices":[],"usage":{}}})", usage_json(120, tokens)));
  connection.frame("[DONE]");
  connection.end_stream();
}

class FakeServer {
 public:
  using Handler = std::function<void(FakeConnection&, const FakeRequest&)>;

  /// Serves until it is destroyed. `handler` runs on the connection's thread.
  explicit FakeServer(Handler handler = answer_well) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 4096), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    // The client's process may be sent signals: they are not for these threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    acceptor_ = std::thread([this] { accept_all(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~FakeServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  std::vector<FakeRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int most_at_once() const { return most_at_once_; }
  bool stopping() const { return stopping_; }
  /// Waits, but not beyond the server's end.
  void pause(std::chrono::milliseconds length) const {
    const auto end = std::chrono::steady_clock::now() + length;
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    FakeConnection connection(socket);
    std::string input;
    FakeRequest request;
    while (read_request(socket, input, request)) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        most_at_once_ = std::max<int>(most_at_once_, ++at_once_);
      }
      handler_(connection, request);
      const std::lock_guard lock(mutex_);
      --at_once_;
    }
    const std::lock_guard lock(mutex_);
    sockets_.remove(socket);
    ::close(socket);
  }

  static bool fill(int socket, std::string& input) {
    char buffer[16384];
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    input.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  static bool read_request(int socket, std::string& input, FakeRequest& request) {
    std::size_t head_end = 0;
    while ((head_end = input.find("\r\n\r\n")) == std::string::npos) {
      if (!fill(socket, input)) return false;
    }
    request.head = input.substr(0, head_end + 2);
    const std::size_t path = request.head.find(' ') + 1;
    request.path = request.head.substr(path, request.head.find(' ', path) - path);
    input.erase(0, head_end + 4);
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = request.head.find(kLength);
    const std::size_t length =
        at == std::string::npos ? 0 : std::stoul(request.head.substr(at + kLength.size()));
    while (input.size() < length) {
      if (!fill(socket, input)) return false;
    }
    request.body = input.substr(0, length);
    input.erase(0, length);
    return true;
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::list<int> sockets_;
  std::list<std::thread> threads_;
  std::vector<FakeRequest> requests_;
  int at_once_ = 0;
  std::atomic<int> most_at_once_ = 0;
  std::thread acceptor_;
};

}  // namespace blis::testing
