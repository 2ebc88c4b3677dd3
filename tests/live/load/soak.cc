// Many streams from an emulated server for a long time: whether every token comes, and how long
// after the model's time of it.
//
//   blis serve … --port 8000 &
//   live_soak PORT STREAMS SECONDS TOKENS [PROMPT_WORDS [SERVER_PID]]
//
// Each stream is a connection of its own that asks for TOKENS tokens, and for the next answer when
// it has the last of them, until the time is up; then all answers are waited for. A token is late
// by the time between `blis_due_us`, which the server writes beside it, and the moment at which
// this program has read it: both are of one clock, so the server must be on the same machine.
// Prints a line per half minute and a summary, with the CPU time that both sides took per token;
// ends with 1 if a token is missing, or an answer is not what it should be. Not part of the test
// run; bench/live/soak starts the server and this.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::system_clock;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

/// Counts by 10 µs, up to 10 s.
class Histogram {
 public:
  void add(std::int64_t us) {
    const std::int64_t bin = std::clamp<std::int64_t>(us / 10, 0, std::ssize(counts_) - 1);
    ++counts_[static_cast<std::size_t>(bin)];
    ++total_;
    most_us_ = std::max(most_us_, us);
  }
  double quantile_ms(double q) const {
    const double wanted = q * static_cast<double>(total_);
    double below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += static_cast<double>(counts_[i]);
      if (below >= wanted) return static_cast<double>(i + 1) / 100;
    }
    return 0;
  }
  std::int64_t total() const { return total_; }
  double most_ms() const { return static_cast<double>(most_us_) / 1000; }

 private:
  std::vector<std::int64_t> counts_ = std::vector<std::int64_t>(1'000'000);
  std::int64_t total_ = 0;
  std::int64_t most_us_ = 0;
};

struct Settings {
  std::uint16_t port = 0;
  std::int64_t streams = 0;
  std::int64_t seconds = 0;
  std::int64_t tokens = 0;
  std::int64_t prompt_words = 20;
  std::int64_t server = 0;
};

struct Totals {
  std::int64_t asked = 0;     // answers
  std::int64_t complete = 0;  // answers with all their tokens and [DONE]
  std::int64_t received = 0;  // tokens
  std::int64_t wrong = 0;     // answers with another number of tokens, or another status
  std::int64_t broken = 0;    // connections that ended early
  Histogram late;
  Histogram late_lately;  // since the last line
};

class Stream {
 public:
  Stream(const Settings& settings, Totals& totals, std::int64_t number)
      : settings_(settings), totals_(totals), number_(number) {}

  int connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(settings_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fmt::print(stderr, "cannot connect to port {}\n", settings_.port);
      std::exit(1);
    }
    return socket_;
  }

  void ask() {
    std::string body = fmt::format(R"({{"max_tokens":{},"stream":true,"prompt":"{} {})",
                                   settings_.tokens, number_, asked_++);
    for (std::int64_t i = 0; i < settings_.prompt_words; ++i) body += " word";
    body += "\"}";
    const std::string request = fmt::format(
        "POST /v1/completions HTTP/1.1\r\nhost: soak\r\nx-blis-due-times: true\r\n"
        "content-length: {}\r\n\r\n{}",
        body.size(), body);
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      end_broken();
      return;
    }
    ++totals_.asked;
    is_waiting_ = true;
    tokens_ = 0;
  }

  /// Something can be read. False when the connection has ended.
  bool on_readable(bool may_ask_again) {
    static std::array<char, 65536> buffer;  // not cleared for each token
    const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n <= 0) {
      end_broken();
      return false;
    }
    const std::int64_t now = now_us();
    text_.append(buffer.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (std::size_t end = text_.find('\n'); end != std::string::npos;
         end = text_.find('\n', begin)) {
      on_line(std::string_view(text_).substr(begin, end - begin), now);
      begin = end + 1;
    }
    text_.erase(0, begin);
    if (!is_waiting_ && may_ask_again) ask();
    return is_open_;
  }
  bool is_waiting() const { return is_waiting_; }

 private:
  void on_line(std::string_view line, std::int64_t now) {
    if (line.starts_with("HTTP/1.1 ")) {
      if (!line.starts_with("HTTP/1.1 200")) is_wrong_ = true;
      return;
    }
    if (!line.starts_with("data: ")) return;  // framing
    if (line.starts_with("data: [DONE]")) {
      is_waiting_ = false;
      const bool is_right = tokens_ == settings_.tokens && !is_wrong_;
      ++(is_right ? totals_.complete : totals_.wrong);
      is_wrong_ = false;
      return;
    }
    constexpr std::string_view kDue = "\"blis_due_us\":";
    const std::size_t at = line.rfind(kDue);
    if (at == std::string_view::npos) {
      // The end of an answer may come without a token; anything else is an error in the middle.
      if (line.find("\"error\":") != std::string_view::npos) is_wrong_ = true;
      return;
    }
    std::int64_t due = 0;
    std::from_chars(line.data() + at + kDue.size(), line.data() + line.size(), due);
    ++tokens_;
    ++totals_.received;
    totals_.late.add(now - due);
    totals_.late_lately.add(now - due);
  }
  void end_broken() {
    ++totals_.broken;
    is_open_ = false;
    is_waiting_ = false;
    ::close(socket_);
  }

  const Settings& settings_;
  Totals& totals_;
  std::int64_t number_;
  std::int64_t asked_ = 0;
  int socket_ = -1;
  bool is_open_ = true;
  bool is_waiting_ = false;
  bool is_wrong_ = false;
  std::int64_t tokens_ = 0;  // of the answer under way
  std::string text_;
};

std::string resident_memory(std::int64_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) {
      return fmt::format("{:.1f} MiB", std::strtod(line.c_str() + 6, nullptr) / 1024);
    }
  }
  return "?";
}

/// User and system time of a process so far; 0 if it is not there.
double cpu_seconds(std::int64_t process) {
  std::ifstream stat(fmt::format("/proc/{}/stat", process));
  std::string text;
  std::getline(stat, text);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void print_line(std::int64_t elapsed_s, std::int64_t waiting, const Settings& settings,
                Totals& totals) {
  std::array<double, 1> load{};
  getloadavg(load.data(), 1);
  const Histogram& late = totals.late_lately;
  fmt::print(
      "{:4} s: {} streams, {} tokens, late by p50 {:.2f} p99 {:.2f} max {:.1f} ms, server {}, "
      "load {:.1f}\n",
      elapsed_s, waiting, late.total(), late.quantile_ms(0.5), late.quantile_ms(0.99),
      late.most_ms(), resident_memory(settings.server), load[0]);
  std::fflush(stdout);
  totals.late_lately = Histogram();
}

int run(const Settings& settings) {
  Totals totals;
  const double server_cpu_before = cpu_seconds(settings.server);
  std::vector<Stream> streams;
  streams.reserve(static_cast<std::size_t>(settings.streams));
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  const std::int64_t start = now_us();
  const std::int64_t stop_us = start + settings.seconds * 1'000'000;
  constexpr std::int64_t kLineUs = 30'000'000;
  constexpr std::int64_t kRampUs = 1'000;            // between two new streams
  constexpr std::int64_t kPatienceUs = 120'000'000;  // for the answers under way at the end
  std::int64_t next_line = start + kLineUs;
  for (;;) {
    const std::int64_t now = now_us();
    while (std::ssize(streams) < settings.streams && now >= start + std::ssize(streams) * kRampUs) {
      Stream& stream = streams.emplace_back(settings, totals, std::ssize(streams));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = streams.size() - 1;
      ::epoll_ctl(poll, EPOLL_CTL_ADD, stream.connect(), &event);
      stream.ask();
    }
    const auto count_waiting = [&] {
      return std::ranges::count_if(streams, [](const Stream& s) { return s.is_waiting(); });
    };
    if (now >= next_line) {
      print_line((now - start) / 1'000'000, count_waiting(), settings, totals);
      next_line += kLineUs;
    }
    if (now >= stop_us && (count_waiting() == 0 || now >= stop_us + kPatienceUs)) break;
    std::array<epoll_event, 256> ready{};
    const bool ramping = std::ssize(streams) < settings.streams;
    const int n = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()),
                               ramping          ? 1
                               : now >= stop_us ? 20
                                                : 500);
    for (int i = 0; i < n; ++i) {
      streams[ready[static_cast<std::size_t>(i)].data.u64].on_readable(now < stop_us);
    }
  }
  const double wall_s = static_cast<double>(now_us() - start) / 1e6;
  const double server_cpu = cpu_seconds(settings.server) - server_cpu_before;
  const double own_cpu = cpu_seconds(::getpid());
  const double tokens = static_cast<double>(std::max<std::int64_t>(totals.received, 1));
  const std::int64_t expected = totals.asked * settings.tokens;
  fmt::print(
      "{} answers asked for, {} complete, {} wrong, {} connections broken\n"
      "{} tokens expected, {} received\n"
      "late by p50 {:.2f} p90 {:.2f} p99 {:.2f} p99.9 {:.2f} max {:.1f} ms\n",
      totals.asked, totals.complete, totals.wrong, totals.broken, expected, totals.received,
      totals.late.quantile_ms(0.5), totals.late.quantile_ms(0.9), totals.late.quantile_ms(0.99),
      totals.late.quantile_ms(0.999), totals.late.most_ms());
  fmt::print(
      "{:.0f} tokens/s; CPU per token: server {:.1f} us, this program {:.1f} us; of a core: {:.0f} "
      "% "
      "and {:.0f} %; server {}\n",
      tokens / wall_s, server_cpu / tokens * 1e6, own_cpu / tokens * 1e6, server_cpu / wall_s * 100,
      own_cpu / wall_s * 100, resident_memory(settings.server));
  const bool good = totals.complete == totals.asked && totals.received == expected;
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "usage: {} PORT STREAMS SECONDS TOKENS [PROMPT_WORDS [SERVER_PID]]\n",
               argv[0]);
    return 2;
  }
  const auto number = [&](int i) { return std::strtoll(argv[i], nullptr, 10); };
  Settings settings{.port = static_cast<std::uint16_t>(number(1)),
                    .streams = number(2),
                    .seconds = number(3),
                    .tokens = number(4)};
  if (argc > 5) settings.prompt_words = number(5);
  if (argc > 6) settings.server = number(6);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return run(settings);
}
