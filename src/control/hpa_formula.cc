#include "control/hpa_formula.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace blis::control {
namespace {

std::int64_t rounded_up(double replicas) {
  constexpr double kLimit = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::clamp(std::ceil(replicas), 0.0, kLimit));
}

}  // namespace

std::optional<std::int64_t> replicas_for_usage(std::span<const double> measured,
                                               std::int64_t missing, std::int64_t unready,
                                               double target, std::int64_t current,
                                               const Tolerance& tolerance) {
  if (measured.empty()) return std::nullopt;
  double total = 0;
  for (const double value : measured) total += value;
  const auto ready = static_cast<double>(measured.size());
  const double ratio = total / ready / target;
  const bool counts_unready = unready > 0 && ratio > 1.0;
  if (!counts_unready && missing == 0) {
    return tolerance.contains(ratio) ? current : rounded_up(ratio * ready);
  }
  double replicas = ready + static_cast<double>(missing);
  if (ratio < 1.0) total += target * static_cast<double>(missing);
  if (counts_unready) replicas += static_cast<double>(unready);
  const double cautious = total / replicas / target;
  const bool turned = (ratio < 1.0 && cautious > 1.0) || (ratio > 1.0 && cautious < 1.0);
  if (tolerance.contains(cautious) || turned) return current;
  const std::int64_t wanted = rounded_up(cautious * replicas);
  // Never against the direction of the ratio.
  return cautious < 1.0 ? std::min(wanted, current) : std::max(wanted, current);
}

std::int64_t replicas_for_total(double total, double target, std::int64_t current,
                                const Tolerance& tolerance) {
  const double ratio = total / (target * static_cast<double>(current));
  return tolerance.contains(ratio) ? current : rounded_up(total / target);
}

}  // namespace blis::control
