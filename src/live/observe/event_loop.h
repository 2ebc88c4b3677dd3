// Waits for sockets, signals and moments, to the microsecond. Linux only: epoll and timerfd.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <unordered_map>

namespace blis::live {

using Clock = std::chrono::steady_clock;

/// One thread's loop. epoll alone waits in milliseconds, which is as long as a request may be late;
/// hence the timer.
class EventLoop {
 public:
  /// Gets the epoll events that fired. May watch and unwatch, itself included.
  using Callback = std::function<void(std::uint32_t events)>;

  /// THROWS std::runtime_error if the system is out of descriptors.
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Watches `descriptor` for `events` (EPOLLIN, EPOLLOUT); replaces what was said before.
  void watch(int descriptor, std::uint32_t events, Callback callback);
  void unwatch(int descriptor);

  /// Waits until something is ready or `until` has come, and handles a few of the ready ones: few,
  /// so that a burst of answers does not hold up what has to be sent.
  void wait(Clock::time_point until);

 private:
  int epoll_ = -1;
  int timer_ = -1;
  std::unordered_map<int, Callback> callbacks_;
};

}  // namespace blis::live
