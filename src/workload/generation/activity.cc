#include "workload/generation/activity.h"

#include <algorithm>
#include <limits>

namespace blis::workload {

Activity::Activity(std::vector<WindowSpec> windows) : windows_(std::move(windows)) {
  std::vector<Interval> intervals;
  if (!windows_.empty()) last_end_us_ = std::numeric_limits<std::int64_t>::min();
  for (const WindowSpec& window : windows_) {
    last_end_us_ = std::max(last_end_us_, window.end_us);
    if (window.start_us < window.end_us) intervals.push_back({window.start_us, window.end_us});
  }
  std::ranges::sort(intervals, {}, &Interval::start_us);
  for (const Interval& interval : intervals) {
    if (!merged_.empty() && interval.start_us <= merged_.back().end_us) {
      merged_.back().end_us = std::max(merged_.back().end_us, interval.end_us);
    } else {
      merged_.push_back(interval);
    }
  }
}

bool Activity::is_active(std::int64_t t_us) const {
  const auto after = std::ranges::upper_bound(merged_, t_us, {}, &Interval::start_us);
  return after != merged_.begin() && t_us < std::prev(after)->end_us;
}

bool Activity::overlap(const Activity& a, const Activity& b) {
  if (a.is_always() || b.is_always()) return true;
  // Both unions are sorted, so one walk finds a common instant. Touching ends do not overlap.
  auto left = a.merged_.begin();
  auto right = b.merged_.begin();
  while (left != a.merged_.end() && right != b.merged_.end()) {
    if (left->start_us < right->end_us && right->start_us < left->end_us) return true;
    if (left->end_us < right->end_us) {
      ++left;
    } else {
      ++right;
    }
  }
  return false;
}

}  // namespace blis::workload
