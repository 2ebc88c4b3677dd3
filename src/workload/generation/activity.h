// When a client is active: a window list prepared for many questions.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "workload/workload_spec.h"

namespace blis::workload {

/// The union of a list of windows. Lists are shared by all members of a cohort and compared by
/// identity.
class Activity {
 public:
  explicit Activity(std::vector<WindowSpec> windows);

  /// In listed order; empty = always active.
  const std::vector<WindowSpec>& windows() const { return windows_; }
  bool is_always() const { return windows_.empty(); }
  /// COST  O(log windows).
  bool is_active(std::int64_t t_us) const;
  std::int64_t last_end_us() const { return last_end_us_; }

  /// Whether some window of `a` and some of `b` have a common instant, or either is always active.
  static bool overlap(const Activity& a, const Activity& b);

 private:
  struct Interval {
    std::int64_t start_us;
    std::int64_t end_us;
  };
  std::vector<WindowSpec> windows_;
  std::vector<Interval> merged_;  ///< disjoint, ascending
  std::int64_t last_end_us_ = 0;
};

}  // namespace blis::workload
