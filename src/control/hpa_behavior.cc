#include "control/hpa_behavior.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace blis::control {

HpaBehavior::HpaBehavior(HpaDirection up, HpaDirection down)
    : up_(std::move(up)), down_(std::move(down)) {
  for (const HpaDirection* direction : {&up_, &down_}) {
    for (const HpaRatePolicy& policy : direction->policies) {
      longest_period_ = std::max(longest_period_, policy.period);
    }
  }
}

std::int64_t HpaBehavior::next(Micros now, std::int64_t current, std::int64_t proposed,
                               std::int64_t min, std::int64_t max) {
  std::erase_if(changes_, [&](const Moment& m) { return now - m.at >= longest_period_; });
  std::int64_t next = stabilize(now, current, proposed);
  if (next > current) {
    next = std::min({next, max, std::max(current, up_limit(now, current))});
  } else if (next < current) {
    next = std::max({next, min, std::min(current, down_limit(now, current))});
  }
  next = std::clamp(next, min, max);
  if (next != current) changes_.push_back({now, next - current});
  return next;
}

std::int64_t HpaBehavior::stabilize(Micros now, std::int64_t current, std::int64_t proposed) {
  // The count at the first look counts as recommended, so that nothing shrinks before a window has
  // passed.
  if (recommendations_.empty()) recommendations_.push_back({now, current});
  std::int64_t least = proposed;
  std::int64_t most = proposed;
  for (const Moment& m : recommendations_) {
    if (now - m.at < up_.stabilization_window) least = std::min(least, m.value);
    if (now - m.at < down_.stabilization_window) most = std::max(most, m.value);
  }
  const Micros longest = std::max(up_.stabilization_window, down_.stabilization_window);
  std::erase_if(recommendations_, [&](const Moment& m) { return now - m.at >= longest; });
  recommendations_.push_back({now, proposed});
  return std::min(std::max(current, least), most);
}

std::int64_t HpaBehavior::start_of_period(Micros now, std::int64_t current, Micros period) const {
  std::int64_t start = current;
  for (const Moment& m : changes_) {
    if (now - m.at < period) start -= m.value;
  }
  return start;
}

std::int64_t HpaBehavior::up_limit(Micros now, std::int64_t current) const {
  if (up_.select == SelectPolicy::kDisabled || up_.policies.empty()) return current;
  const bool takes_most = up_.select == SelectPolicy::kMax;
  std::int64_t limit = takes_most ? 0 : std::numeric_limits<std::int64_t>::max();
  for (const HpaRatePolicy& policy : up_.policies) {
    const std::int64_t start = start_of_period(now, current, policy.period);
    const double grown =
        std::ceil(static_cast<double>(start) * (1 + static_cast<double>(policy.value) / 100));
    const std::int64_t allowed =
        policy.is_percent ? static_cast<std::int64_t>(grown) : start + policy.value;
    limit = takes_most ? std::max(limit, allowed) : std::min(limit, allowed);
  }
  return limit;
}

std::int64_t HpaBehavior::down_limit(Micros now, std::int64_t current) const {
  if (down_.select == SelectPolicy::kDisabled || down_.policies.empty()) return current;
  const bool takes_most = down_.select == SelectPolicy::kMax;  // the largest change
  std::int64_t limit = takes_most ? std::numeric_limits<std::int64_t>::max() : 0;
  for (const HpaRatePolicy& policy : down_.policies) {
    const std::int64_t start = start_of_period(now, current, policy.period);
    const double shrunk =
        static_cast<double>(start) * (1 - static_cast<double>(policy.value) / 100);
    const std::int64_t allowed =
        policy.is_percent ? static_cast<std::int64_t>(shrunk) : start - policy.value;
    limit = takes_most ? std::min(limit, allowed) : std::max(limit, allowed);
  }
  return std::max<std::int64_t>(0, limit);
}

}  // namespace blis::control
