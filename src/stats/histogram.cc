#include "stats/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace blis::stats {
namespace {

using Sorted = std::vector<std::pair<std::int64_t, std::int64_t>>;

std::int64_t count_of(const Sorted& sorted) {
  std::int64_t n = 0;
  for (const auto& [value, count] : sorted) n += count;
  return n;
}

}  // namespace

void Histogram::merge(const Histogram& other) {
  for (const auto& [value, count] : other.sorted()) add(value, count);
}

Sorted Histogram::sorted() const {
  Sorted result;
  auto odd = odd_.begin();
  const auto put = [&result](std::int64_t value, std::int64_t count) {
    if (count != 0) result.emplace_back(value, count);
  };
  const auto put_odd_below = [&](std::int64_t value) {
    for (; odd != odd_.end() && odd->first < value; ++odd) put(odd->first, odd->second);
  };
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    for (std::size_t i = 0; i < pages_[page].size(); ++i) {
      const std::int64_t value =
          static_cast<std::int64_t>(page) * kPageValues + static_cast<std::int64_t>(i);
      put_odd_below(value);
      std::int64_t count = pages_[page][i];
      if (odd != odd_.end() && odd->first == value) count += (odd++)->second;
      put(value, count);
    }
  }
  put_odd_below(std::numeric_limits<std::int64_t>::max());
  if (odd != odd_.end()) put(odd->first, odd->second);
  return result;
}

double mean_ms(const Sorted& sorted) {
  const std::int64_t n = count_of(sorted);
  if (n == 0) return 0;
  std::int64_t sum =
      0;  // exact in double as well, see REQUIRES, so the order of the list does not matter
  for (const auto& [value, count] : sorted) sum += value * count;
  return static_cast<double>(sum) / static_cast<double>(n) / 1000;
}

double percentile_ms(const Sorted& sorted, double percent) {
  const std::int64_t n = count_of(sorted);
  if (n == 0) return 0;
  const double rank = percent / 100.0 * static_cast<double>(n - 1);
  const auto lo = static_cast<std::int64_t>(std::floor(rank));
  const auto hi = static_cast<std::int64_t>(std::ceil(rank));

  auto entry = sorted.begin();
  std::int64_t passed = entry->second;  // elements of the list up to and including this entry's
  while (passed <= lo) passed += (++entry)->second;
  const std::int64_t at_lo = entry->first;
  if (lo == hi) return static_cast<double>(at_lo) / 1000;
  const std::int64_t at_hi = passed > hi ? at_lo : std::next(entry)->first;
  return static_cast<double>(at_lo) / 1000 +
         static_cast<double>(at_hi - at_lo) * (rank - static_cast<double>(lo)) / 1000;
}

}  // namespace blis::stats
