// Inter-token latencies without a list per request.
//
// Every step in which somebody decodes appends one latency to the log of its instance, and all who
// decode in it share that entry. A request's latencies are then a range of the log, their sum a
// difference of two prefix sums, and the histogram over all tokens gains one weighted entry per
// step. Latencies of requests that do not complete are taken out again.
#pragma once

#include <cstdint>
#include <vector>

#include "stats/histogram.h"

namespace blis::engine {

class StepLog {
 public:
  /// `histogram` outlives the log.
  explicit StepLog(stats::Histogram& histogram) : histogram_(histogram) {}

  /// Index of the next entry.
  std::int64_t end() const { return first_ + static_cast<std::int64_t>(sums_.size()) - 1; }
  /// One step in which `requests` > 0 requests got a token each.
  void append(std::int64_t latency_us, std::int64_t requests) {
    sums_.push_back(sums_.back() + latency_us);
    histogram_.add(latency_us, requests);
  }
  /// Sum of the entries [from, to). REQUIRES  neither was trimmed.
  std::int64_t sum(std::int64_t from, std::int64_t to) const { return prefix(to) - prefix(from); }
  /// Takes one request's entries [from, to) out of the histogram. COST O(to - from).
  void discard(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) histogram_.add(sum(i, i + 1), -1);
  }
  /// Forgets all entries before `from`. COST amortised O(1) per entry.
  void trim(std::int64_t from) {
    sums_.erase(sums_.begin(), sums_.begin() + static_cast<std::ptrdiff_t>(from - first_));
    first_ = from;
  }
  std::size_t size() const { return sums_.size() - 1; }

 private:
  std::int64_t prefix(std::int64_t index) const {
    return sums_[static_cast<std::size_t>(index - first_)];
  }

  stats::Histogram& histogram_;
  std::int64_t first_ = 0;
  std::vector<std::int64_t> sums_{0};  // sums_[i]: of all entries before first_ + i
};

}  // namespace blis::engine
