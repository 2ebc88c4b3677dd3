// `blis trace info`: what is in a trace, from one pass over its rows.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "trace/tools/id_set.h"
#include "trace/trace_record.h"

namespace blis::trace {

/// How often each value occurred. COST memory for the distinct values.
class ValueCounts {
 public:
  void add(std::int64_t value) {
    ++counts_[value];
    ++total_;
  }
  std::int64_t total() const { return total_; }
  double mean() const;
  std::int64_t min() const { return counts_.empty() ? 0 : counts_.begin()->first; }
  std::int64_t max() const { return counts_.empty() ? 0 : counts_.rbegin()->first; }
  /// The smallest value that at least `percent` of the values do not exceed; 0 without values.
  std::int64_t percentile(double percent) const;

 private:
  std::map<std::int64_t, std::int64_t> counts_;
  std::int64_t total_ = 0;
};

/// Mean and spread of the gaps between arrivals, in order of time. Rows may be out of order as in a
/// server's trace; what comes later than that is counted and its gap taken as 0.
class ArrivalGaps {
 public:
  void add(std::int64_t arrival_us);
  void finish();  ///< once, last
  std::int64_t count() const { return count_; }
  double mean_us() const { return mean_; }
  /// Standard deviation over mean; 1 for a Poisson process, 0 for a clock; 0 without gaps.
  double cv() const;

 private:
  void pop();

  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> held_;
  bool has_last_ = false;
  std::int64_t last_us_ = 0;
  std::int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // sum of squared deviations (Welford)
};

/// Arrivals per stretch of time. Stretches double when there would be too many.
class ArrivalCounts {
 public:
  explicit ArrivalCounts(std::int64_t window_us) : window_us_(window_us) {}
  void add(std::int64_t arrival_us);
  std::int64_t window_us() const { return window_us_; }
  /// Counts from the stretch with the first arrival to that with the last; stretch k of the result
  /// begins at (first_window + k) * window_us.
  std::vector<std::int64_t> counts() const;
  std::int64_t first_window() const { return counts_.empty() ? 0 : counts_.begin()->first; }

 private:
  std::int64_t window_us_;
  std::map<std::int64_t, std::int64_t> counts_;
};

struct TraceInfo {
  std::string file{};
  std::int64_t rows = 0;
  std::int64_t first_arrival_us = 0;
  std::int64_t last_arrival_us = 0;
  std::map<std::string, std::int64_t> by_status{};
  std::map<std::string, std::int64_t> by_class{};
  std::map<std::string, std::int64_t> by_model{};
  std::map<std::string, std::int64_t> by_tenant{};
  ValueCounts input_tokens{};  ///< shared prefix included
  ValueCounts output_tokens{};
  ArrivalGaps gaps{};
  ArrivalCounts arrivals{60'000'000};

  // Prefixes and sessions.
  std::int64_t groups = 0;
  std::int64_t rows_in_groups = 0;
  std::int64_t input_sum = 0;
  std::int64_t reused_sum = 0;  ///< prefix tokens of rows after the first one of their group
  ValueCounts group_sizes{};    ///< rows per prefix group
  ValueCounts prefix_lengths{};
  std::int64_t sessions = 0;
  std::int64_t rows_in_sessions = 0;
  ValueCounts session_sizes{};  ///< rows per session

  // What a reader may stumble over, each with the line where it was first seen; 0 = nowhere.
  struct Oddity {
    std::int64_t count = 0;
    int first_line = 0;
  };
  Oddity duplicate_ids{};
  Oddity arrivals_going_back{};
  Oddity times_out_of_order{};  ///< a first chunk before the sending, or a last before the first

  double duration_s() const {
    return (static_cast<double>(last_arrival_us) - static_cast<double>(first_arrival_us)) / 1e6;
  }
  /// Arrivals per second from the first to the last; 0 for fewer than two.
  double rate_per_s() const;
  /// Share of the input tokens that a cache holding every prefix would not compute again.
  double reused_share() const;
};

/// Reads the whole file. THROWS DataError as TraceReader, ConfigError for a window that is not from
/// a millisecond to a year.
/// COST memory for distinct names, sessions, groups and lengths, not for rows.
TraceInfo read_trace_info(const std::string& data_file, double window_s);

/// The report for people, which ends in a newline, and for programs, which does not.
std::string trace_info_table(const TraceInfo& info);
std::string trace_info_json(const TraceInfo& info);

}  // namespace blis::trace
