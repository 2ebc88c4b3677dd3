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

  /// Waits until something is ready or `until` has come, and handles those that are ready up to
  /// then: a burst of answers does not hold up what has to be sent. If `until` has passed already,
  /// a few are handled all the same. May return early, with nothing done.
  void wait(Clock::time_point until);

 private:
  void set_timer(Clock::time_point now, Clock::time_point until);

  int epoll_ = -1;
  int timer_ = -1;
  Clock::time_point alarm_ = Clock::time_point::min();  ///< that the timer is set to, or was
  std::unordered_map<int, Callback> callbacks_;
};

}  // namespace blis::live
