#include "engine/wait_queue.h"

#include <algorithm>

namespace blis::engine {

void WaitQueue::push_back(RequestId request) {
  ++version_;
  ids_.push_back(request);
  is_ordered_ = false;
}

void WaitQueue::push_front(RequestId request) {
  ++version_;
  ids_.push_front(request);
  is_ordered_ = false;
}

void WaitQueue::reorder(Micros now) {
  if (is_ordered_) return;
  is_ordered_ = true;
  if (!scheduler_.reorders()) return;
  scheduler_.prepare(ids_, requests_, now);
  std::stable_sort(ids_.begin(), ids_.end(), [&](RequestId a, RequestId b) {
    return scheduler_.before(requests_[a], requests_[b]);
  });
}

void WaitQueue::erase(std::size_t position) {
  ++version_;
  if (position == 0) {
    ids_.pop_front();
  } else {
    ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(position));
  }
}

bool WaitQueue::remove(RequestId request) {
  const auto found = std::find(ids_.begin(), ids_.end(), request);
  if (found == ids_.end()) return false;
  ++version_;
  ids_.erase(found);
  return true;
}

std::vector<RequestId> WaitQueue::take_all() {
  std::vector<RequestId> all(ids_.begin(), ids_.end());
  ++version_;
  ids_.clear();
  is_ordered_ = true;
  return all;
}

}  // namespace blis::engine
