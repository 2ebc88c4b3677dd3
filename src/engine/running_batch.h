// The running list of an instance: requests in batch order, each with the inter-token latencies of
// its current attempt.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace blis::engine {

class RunningBatch {
 public:
  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }
  RequestId operator[](std::size_t i) const { return ids_[i]; }
  std::span<const RequestId> ids() const { return ids_; }
  /// Inter-token latencies recorded since the request joined, ticks.
  std::vector<std::int64_t>& itl(std::size_t i) { return itl_[i]; }

  void append(RequestId request) {
    ids_.push_back(request);
    itl_.emplace_back();
  }
  void remove(std::size_t i) {
    ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(i));
    itl_.erase(itl_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  /// Position of the request, or size() if it is not running.
  std::size_t find(RequestId request) const {
    std::size_t i = 0;
    while (i < ids_.size() && ids_[i] != request) ++i;
    return i;
  }
  /// Keeps the requests for which `keep(i)` is true, in order. `keep` is called once per position,
  /// ascending.
  template <typename Keep>
  void retain(Keep keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (!keep(i)) continue;
      if (kept != i) {
        ids_[kept] = ids_[i];
        itl_[kept] = std::move(itl_[i]);
      }
      ++kept;
    }
    ids_.resize(kept);
    itl_.resize(kept);
  }

 private:
  std::vector<RequestId> ids_;
  std::vector<std::vector<std::int64_t>> itl_;
};

}  // namespace blis::engine
