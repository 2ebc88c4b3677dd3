// A multiset of integers as value -> count: what a sorted list of every inter-token latency would
// say, in memory that grows with the distinct values only.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace blis::stats {

/// Counts stand in pages by value, which latencies fill densely; values that no latency should have
/// and counts beyond 32 bits stand in a map.
class Histogram {
 public:
  /// COST  O(1) for values in [0, 2^24).
  void add(std::int64_t value, std::int64_t count = 1) {
    total_ += count;
    if (static_cast<std::uint64_t>(value) >= kPagedValues) return add_odd(value, count);
    const auto page = static_cast<std::size_t>(value / kPageValues);
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page].empty()) pages_[page].resize(kPageValues);
    std::uint32_t& slot = pages_[page][static_cast<std::size_t>(value % kPageValues)];
    const std::int64_t sum = slot + count;
    if (static_cast<std::uint64_t>(sum) > 0xffff'ffff) return add_odd(value, count);
    slot = static_cast<std::uint32_t>(sum);
  }
  void merge(const Histogram& other);
  std::int64_t count() const { return total_; }

  /// (value, count), ascending by value; entries whose count is 0 are left out.
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted() const;

 private:
  static constexpr std::uint64_t kPagedValues = std::uint64_t{1} << 24;
  static constexpr std::int64_t kPageValues = 256;

  void add_odd(std::int64_t value, std::int64_t count) { odd_[value] += count; }

  std::vector<std::vector<std::uint32_t>> pages_;  // empty: no value of the page was counted
  std::map<std::int64_t, std::int64_t> odd_;       // to be added to what the pages say
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
