// The running list of an instance, in batch order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"

namespace blis::engine {

class RunningBatch {
 public:
  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }
  RequestId operator[](std::size_t i) const { return ids_[i]; }
  std::span<const RequestId> ids() const { return ids_; }

  void append(RequestId request) { ids_.push_back(request); }
  void erase(std::size_t position) {
    ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(position));
  }
  /// Removes the request; false if it is not running. COST O(size).
  bool remove(RequestId request) {
    const auto found = std::find(ids_.begin(), ids_.end(), request);
    if (found == ids_.end()) return false;
    ids_.erase(found);
    return true;
  }
  /// Keeps the requests for which `keep(request)` is true, in order; called once per request, in
  /// batch order.
  template <typename Keep>
  void retain(Keep keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const RequestId id = ids_[i];
      if (keep(id)) ids_[kept++] = id;
    }
    ids_.resize(kept);
  }

 private:
  std::vector<RequestId> ids_;
};

}  // namespace blis::engine
