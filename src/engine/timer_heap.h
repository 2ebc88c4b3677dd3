// Requests by time: what is due next at an instance, first scheduled first among equals.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"

namespace blis::engine {

/// A min-heap of (time, order of insertion). COST O(log n) per push and pop, no allocation after
/// warm-up.
class TimerHeap {
 public:
  struct Timer {
    Micros time;
    std::uint32_t sequence = 0;  ///< wraps after 2^32 insertions, far apart in time by then
    RequestId request;
  };

  bool empty() const { return timers_.empty(); }
  /// Micros::max() if empty.
  Micros next_time() const { return timers_.empty() ? Micros::max() : timers_.front().time; }
  const Timer& top() const { return timers_.front(); }

  void push(Micros time, RequestId request) {
    timers_.push_back({time, next_sequence_++, request});
    std::push_heap(timers_.begin(), timers_.end(), is_later);
  }
  Timer pop() {
    std::pop_heap(timers_.begin(), timers_.end(), is_later);
    const Timer timer = timers_.back();
    timers_.pop_back();
    return timer;
  }
  /// Removes the request's timer; false if it has none. COST O(size).
  bool remove(RequestId request) {
    const auto found = std::ranges::find(timers_, request, &Timer::request);
    if (found == timers_.end()) return false;
    timers_.erase(found);
    std::make_heap(timers_.begin(), timers_.end(), is_later);
    return true;
  }
  /// Removes the timers of all requests for which `is_to_go(request)` holds. COST O(size).
  template <typename Predicate>
  void remove_if(Predicate is_to_go) {
    std::erase_if(timers_, [&](const Timer& timer) { return is_to_go(timer.request); });
    std::make_heap(timers_.begin(), timers_.end(), is_later);
  }
  void clear() { timers_.clear(); }

 private:
  static bool is_later(const Timer& a, const Timer& b) {
    if (a.time != b.time) return a.time > b.time;
    return static_cast<std::int32_t>(a.sequence - b.sequence) > 0;
  }

  std::vector<Timer> timers_;
  std::uint32_t next_sequence_ = 0;
};

}  // namespace blis::engine
