// A list of lengths of time in 4 bytes each: what the percentiles of tens of millions of requests
// are taken of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace blis::stats {

/// Ticks, ascending once sorted. Values that 32 bits cannot hold take 8 bytes.
class TickList {
 public:
  void reserve(std::size_t size) { usual_.reserve(size); }
  void add(std::int64_t ticks) {
    if (ticks >= 0 && ticks <= std::numeric_limits<std::uint32_t>::max()) {
      usual_.push_back(static_cast<std::uint32_t>(ticks));
    } else {
      odd_.push_back(ticks);
    }
  }
  /// To be called after the last add().
  void sort() {
    std::sort(usual_.begin(), usual_.end());
    std::sort(odd_.begin(), odd_.end());
    negative_ = static_cast<std::size_t>(std::ranges::lower_bound(odd_, 0) - odd_.begin());
  }

  std::size_t size() const { return usual_.size() + odd_.size(); }
  bool empty() const { return size() == 0; }
  /// The i-th smallest. REQUIRES sort() was called
  std::int64_t operator[](std::size_t i) const {
    if (i < negative_) return odd_[i];
    if (i - negative_ < usual_.size()) return usual_[i - negative_];
    return odd_[i - usual_.size()];
  }

 private:
  std::vector<std::uint32_t> usual_;
  std::vector<std::int64_t> odd_;
  std::size_t negative_ = 0;  // of odd_
};

}  // namespace blis::stats
