// A client that sends and reads bytes as the test wants them, with a limit on how long it waits.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace blis::testing {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    constexpr timeval kLimit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kLimit, sizeof(kLimit));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kLimit, sizeof(kLimit));
    if (receive_buffer_bytes > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof(receive_buffer_bytes));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        rest_(std::move(other.rest_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  bool is_connected() const { return is_connected_; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void shut_down_writing() const { ::shutdown(socket_, SHUT_WR); }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool post(std::string_view target, std::string_view body) const {
    return send("POST " + std::string(target) + " HTTP/1.1\r\nhost: x\r\ncontent-length: " +
                std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }
  /// Everything up to and including `mark`, or what came before the end or the limit.
  std::string read_until(std::string_view mark) {
    std::string text = std::exchange(rest_, {});
    std::size_t searched = 0;
    for (;;) {
      const std::size_t found = text.find(mark, searched);
      if (found != std::string::npos) {
        rest_ = text.substr(found + mark.size());
        return text.substr(0, found + mark.size());
      }
      searched = text.size() < mark.size() ? 0 : text.size() - mark.size();
      std::array<char, 16384> buffer{};
      const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (n <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  /// Everything up to the end of the connection.
  std::string read_all() { return read_until(std::string_view("\0no such mark\0", 14)); }
  /// One response with a content-length: status and body.
  std::pair<int, std::string> read_response() {
    const std::string head = read_until("\r\n\r\n");
    if (head.size() < 12) return {0, head};
    const int status = std::stoi(head.substr(9, 3));
    const std::size_t length_at = head.find("content-length: ");
    if (length_at == std::string::npos) return {status, ""};
    const std::size_t length = std::stoul(head.substr(length_at + 16));
    std::string body = std::exchange(rest_, {});
    while (body.size() < length) {
      std::array<char, 16384> buffer{};
      const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      body.append(buffer.data(), static_cast<std::size_t>(n));
    }
    rest_ = body.substr(std::min(body.size(), length));
    body.resize(std::min(body.size(), length));
    return {status, body};
  }

 private:
  int socket_;
  bool is_connected_ = false;
  std::string rest_;
};

}  // namespace blis::testing
