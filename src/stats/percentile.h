// Two interpolating percentiles that differ only in the order of their roundings, and the means
// that go with them. SOURCE spec engine 13, cli 2.7, data-plane 17.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/tick_list.h"

namespace blis::stats {

/// Percentile of ascending `sorted` values in ticks, as milliseconds: v[lo]/1000 + ((v[hi]-v[lo]) *
/// frac) / 1000. 0 for an empty list. `percent` is in [0, 100].
double percentile_ms(std::span<const double> sorted, double percent);
double percentile_ms(const TickList& sorted, double percent);
/// The same with the difference taken in integers. SOURCE spec engine 13
double integer_percentile_ms(const TickList& sorted, double percent);

/// Percentile in the unit of the values: v[lo] + frac * (v[hi]-v[lo]). 0 for an empty list.
double percentile(std::span<const double> sorted, double percent);

/// ((v0 + v1) + …) / n / 1000 in ascending order; 0 for an empty list.
double mean_ms(std::span<const double> sorted);
double mean_ms(const TickList& sorted);

/// Summary of a list; all zero for an empty one. SOURCE spec data-plane 17 `Distribution`.
struct Distribution {
  double mean = 0, p50 = 0, p95 = 0, p99 = 0, min = 0, max = 0;
  std::int64_t count = 0;
};
Distribution distribution(std::vector<double> values);
Distribution distribution(TickList values);

/// Jain's fairness index (Σx)^2 / (n Σx^2); 0 for no values, 1 when all are zero. Sums run in the
/// given order.
double jain_index(std::span<const double> values);

}  // namespace blis::stats
