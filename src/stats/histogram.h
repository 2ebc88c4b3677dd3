// A multiset of integers as value -> count: what a sorted list of every inter-token latency would
// say, in memory that grows with the distinct values only.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace blis::stats {

class Histogram {
 public:
  void add(std::int64_t value, std::int64_t count = 1) {
    counts_[value] += count;
    total_ += count;
  }
  void merge(const Histogram& other);
  std::int64_t count() const { return total_; }

  /// (value, count), ascending by value; entries whose count is 0 are left out.
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted() const;

 private:
  std::unordered_map<std::int64_t, std::int64_t> counts_;
  std::int64_t total_ = 0;
};

/// Mean and percentiles in ms of the list that `sorted` stands for, bit for bit as mean_ms /
/// percentile_ms of that list, except that the difference v[hi]-v[lo] is taken in integers (spec
/// engine 13). REQUIRES the sum of all values is below 2^53 in magnitude, so that any order of
/// summation is exact.
double mean_ms(const std::vector<std::pair<std::int64_t, std::int64_t>>& sorted);
double percentile_ms(const std::vector<std::pair<std::int64_t, std::int64_t>>& sorted,
                     double percent);

}  // namespace blis::stats
