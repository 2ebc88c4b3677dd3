// The requests of one instance that wait for a place in its batch, in the scheduler's order.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/scheduler.h"
#include "request/request_table.h"

namespace blis::engine {

class WaitQueue {
 public:
  WaitQueue(Scheduler& scheduler, const request::RequestTable& requests)
      : scheduler_(scheduler), requests_(requests) {}

  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }
  RequestId operator[](std::size_t position) const { return ids_[position]; }

  /// Changes whenever the queue does.
  std::uint64_t version() const { return version_; }

  void push_back(RequestId request);   ///< a new request
  void push_front(RequestId request);  ///< a preempted one
  /// Brings the queue into the scheduler's order. COST O(1) if nothing was pushed since the last
  /// call.
  void reorder(Micros now);
  void erase(std::size_t position);
  /// Removes the request if it is here; false if not. COST O(size).
  bool remove(RequestId request);
  /// Empties the queue and returns it, front first.
  std::vector<RequestId> take_all();

 private:
  Scheduler& scheduler_;
  const request::RequestTable& requests_;
  std::deque<RequestId> ids_;
  bool is_ordered_ = true;
  std::uint64_t version_ = 0;
};

}  // namespace blis::engine
