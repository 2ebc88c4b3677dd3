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

double real(double value) { return value; }
double real(std::int64_t ticks) { return static_cast<double>(ticks); }

template <typename Values>
double sum_of(const Values& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += real(values[i]);
  return sum;
}

template <typename Values>
double mean_ms_of(const Values& sorted) {
  if (sorted.empty()) return 0;
  return sum_of(sorted) / static_cast<double>(sorted.size()) / 1000;
}

template <typename Values, typename Difference>
double percentile_ms_of(const Values& sorted, double percent, Difference difference) {
  if (sorted.empty()) return 0;
  const auto [lo, hi, fraction] = rank_of(percent, sorted.size());
  const double at_lo_ms = real(sorted[lo]) / 1000;
  if (lo == hi) return at_lo_ms;
  return at_lo_ms + difference(sorted[hi], sorted[lo]) * fraction / 1000;
}

template <typename Values>
double percentile_of(const Values& sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto [lo, hi, fraction] = rank_of(percent, sorted.size());
  const double at_lo = real(sorted[lo]);
  if (lo == hi) return at_lo;
  return at_lo + fraction * (real(sorted[hi]) - at_lo);
}

template <typename Values>
Distribution distribution_of(const Values& sorted) {
  if (sorted.empty()) return {};
  return {.mean = sum_of(sorted) / static_cast<double>(sorted.size()),
          .p50 = percentile_of(sorted, 50),
          .p95 = percentile_of(sorted, 95),
          .p99 = percentile_of(sorted, 99),
          .min = real(sorted[0]),
          .max = real(sorted[sorted.size() - 1]),
          .count = static_cast<std::int64_t>(sorted.size())};
}

}  // namespace

double percentile_ms(std::span<const double> sorted, double percent) {
  return percentile_ms_of(sorted, percent, [](double a, double b) { return a - b; });
}

double percentile_ms(const TickList& sorted, double percent) {
  return percentile_ms_of(sorted, percent,
                          [](std::int64_t a, std::int64_t b) { return real(a) - real(b); });
}

double integer_percentile_ms(const TickList& sorted, double percent) {
  return percentile_ms_of(sorted, percent,
                          [](std::int64_t a, std::int64_t b) { return real(a - b); });
}

double percentile(std::span<const double> sorted, double percent) {
  return percentile_of(sorted, percent);
}

double mean_ms(std::span<const double> sorted) { return mean_ms_of(sorted); }

double mean_ms(const TickList& sorted) { return mean_ms_of(sorted); }

Distribution distribution(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return distribution_of(values);
}

Distribution distribution(TickList values) {
  values.sort();
  return distribution_of(values);
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
