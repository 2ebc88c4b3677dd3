#include "stats/percentile.h"

#include <algorithm>
#include <cmath>

namespace blis::stats {
namespace {

/// Where a percentile lies in an ascending list of n values: between two neighbours, `fraction` of
/// the way.
struct Rank {
  std::size_t lo, hi;
  double fraction;
};

Rank rank_of(double percent, std::size_t n) {
  const double rank = percent / 100.0 * static_cast<double>(n - 1);
  const double lo = std::floor(rank);
  return {static_cast<std::size_t>(lo), static_cast<std::size_t>(std::ceil(rank)), rank - lo};
}

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum;
}

}  // namespace

double percentile_ms(std::span<const double> sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto [lo, hi, fraction] = rank_of(percent, sorted.size());
  if (lo == hi) return sorted[lo] / 1000;
  return sorted[lo] / 1000 + (sorted[hi] - sorted[lo]) * fraction / 1000;
}

double percentile_ms(std::span<const std::int64_t> sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto [lo, hi, fraction] = rank_of(percent, sorted.size());
  const double at_lo_ms = static_cast<double>(sorted[lo]) / 1000;
  if (lo == hi) return at_lo_ms;
  return at_lo_ms + static_cast<double>(sorted[hi] - sorted[lo]) * fraction / 1000;
}

double percentile(std::span<const double> sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto [lo, hi, fraction] = rank_of(percent, sorted.size());
  if (lo == hi) return sorted[lo];
  return sorted[lo] + fraction * (sorted[hi] - sorted[lo]);
}

double mean_ms(std::span<const double> sorted) {
  if (sorted.empty()) return 0;
  return sum_of(sorted) / static_cast<double>(sorted.size()) / 1000;
}

Distribution distribution(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {.mean = sum_of(values) / static_cast<double>(values.size()),
          .p50 = percentile(values, 50),
          .p95 = percentile(values, 95),
          .p99 = percentile(values, 99),
          .min = values.front(),
          .max = values.back(),
          .count = static_cast<std::int64_t>(values.size())};
}

double jain_index(std::span<const double> values) {
  if (values.empty()) return 0;
  double sum = 0;
  double sum_of_squares = 0;
  for (const double v : values) {
    sum += v;
    sum_of_squares += v * v;
  }
  if (sum_of_squares == 0) return 1;
  return sum * sum / (static_cast<double>(values.size()) * sum_of_squares);
}

}  // namespace blis::stats
