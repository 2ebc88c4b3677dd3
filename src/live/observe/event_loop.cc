#include "live/observe/event_loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace blis::live {
namespace {

constexpr std::size_t kEventsPerWait = 32;
/// Handled where the moment to return has passed: what has to be sent goes first, but answers must
/// not wait for ever.
constexpr int kEventsWhenLate = 8;
/// Nobody waits longer than this in one go; keeps `until` = "never" from overflowing.
constexpr std::chrono::hours kLongestWait{1};

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::generic_category().message(errno));
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (epoll_ < 0 || timer_ < 0) fail("cannot wait for events");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // told once, so that nobody has to read it
  event.data.fd = timer_;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) != 0) fail("cannot wait for a timer");
}

EventLoop::~EventLoop() {
  if (timer_ >= 0) ::close(timer_);
  if (epoll_ >= 0) ::close(epoll_);
}

void EventLoop::watch(int descriptor, std::uint32_t events, Callback callback) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  const bool known = callbacks_.contains(descriptor);
  if (::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) != 0) {
    // A closed descriptor left the set by itself, and its number may have come back.
    const int other = errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(epoll_, other, descriptor, &event) != 0) fail("cannot wait for a descriptor");
  }
  callbacks_[descriptor] = std::move(callback);
}

void EventLoop::unwatch(int descriptor) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);  // fails if it is closed already
  callbacks_.erase(descriptor);
}

// An alarm that rings too early costs a turn of the loop, setting it anew a system call; so an
// earlier one is left.
void EventLoop::set_timer(Clock::time_point now, Clock::time_point until) {
  until = std::min(until, now + kLongestWait);
  if (alarm_ > now && alarm_ <= until) return;
  alarm_ = until;
  // steady_clock is CLOCK_MONOTONIC here, so its instants are the timer's.
  const auto since_boot = until.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  itimerspec alarm{};
  alarm.it_value.tv_sec = static_cast<time_t>(seconds.count());
  alarm.it_value.tv_nsec = static_cast<long>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot - seconds).count());
  if (::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &alarm, nullptr) != 0) {
    fail("cannot set a timer");
  }
}

void EventLoop::wait(Clock::time_point until) {
  const Clock::time_point now = Clock::now();
  const bool is_late = until <= now;
  if (!is_late) set_timer(now, until);
  std::array<epoll_event, kEventsPerWait> ready;  // NOLINT: written by epoll_wait
  const int most = is_late ? kEventsWhenLate : static_cast<int>(ready.size());
  const int count = ::epoll_wait(epoll_, ready.data(), most, is_late ? 0 : -1);
  if (count < 0 && errno != EINTR) fail("cannot wait for events");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    if (event.data.fd == timer_) continue;
    // Those left over are told again.
    if (!is_late && i > 0 && Clock::now() >= until) break;
    const auto found = callbacks_.find(event.data.fd);
    if (found == callbacks_.end()) continue;
    const Callback callback = found->second;  // it may unwatch itself
    callback(event.events);
  }
}

}  // namespace blis::live
