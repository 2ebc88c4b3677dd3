// Mean and percentiles of many integers without sorting all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace blis::stats {

/// A list of lengths of time in ticks. Gives the bits that mean_ms() and percentile_ms() of the
/// sorted list of doubles give, also when the sum is too large to be exact in a double.
/// REQUIRES  values of less than 2^53 in magnitude.
class TickList {
 public:
  void reserve(std::size_t count) { values_.reserve(count); }
  void add(std::int64_t ticks) { values_.push_back(ticks); }
  std::size_t size() const { return values_.size(); }

  /// COST  O(n); a sort if the sum is not exact.
  double mean_ms();
  /// `percent` is in [0, 100]. COST  O(n) on average; from the second time on the values above the
  /// percentile that was asked for last, if percentiles are asked for in ascending order.
  double percentile_ms(double percent);

 private:
  std::vector<std::int64_t> values_;  ///< in any order
  std::size_t settled_ = 0;  ///< no value before this position is above any value from there on
};

}  // namespace blis::stats
