#include "stats/tick_list.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace blis::stats {

double TickList::mean_ms() {
  if (values_.empty()) return 0;
  // Every partial sum of doubles is exact if the sum of the magnitudes is, and then order and type
  // do not matter.
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  std::int64_t sum = 0;
  std::int64_t magnitude = 0;
  for (const std::int64_t value : values_) {
    sum += value;
    magnitude += std::abs(value);
    if (magnitude > kExact) break;
  }
  double total = static_cast<double>(sum);
  if (magnitude > kExact) {
    std::sort(values_.begin(), values_.end());
    total = 0;
    for (const std::int64_t value : values_) total += static_cast<double>(value);
  }
  return total / static_cast<double>(values_.size()) / 1000;
}

double TickList::percentile_ms(double percent) {
  if (values_.empty()) return 0;
  const double rank = percent / 100.0 * static_cast<double>(values_.size() - 1);
  const auto lo = static_cast<std::size_t>(std::floor(rank));
  const auto hi = static_cast<std::size_t>(std::ceil(rank));
  const auto at = [this](std::size_t i) {
    return values_.begin() + static_cast<std::ptrdiff_t>(i);
  };
  if (lo < settled_) settled_ = 0;
  std::nth_element(at(settled_), at(lo), values_.end());
  settled_ = lo;
  const auto at_lo = static_cast<double>(values_[lo]);
  if (lo == hi) return at_lo / 1000;
  const auto at_hi = static_cast<double>(*std::min_element(at(lo + 1), values_.end()));
  return at_lo / 1000 + (at_hi - at_lo) * (rank - static_cast<double>(lo)) / 1000;
}

}  // namespace blis::stats
