// How a drawn real number becomes a length.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/number_text.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Half away from zero. Out of range: -2^63, so that absurdly long draws end at the lower bound,
/// not at the upper one [QUIRK, spec workload 25.1 item 16].
inline std::int64_t round_length(double value) { return truncate_to_int64(std::round(value)); }

/// Bounds that apply only where they are > 0.
struct OptionalBounds {
  std::int64_t min = 0;
  std::int64_t max = 0;

  std::int64_t clamp(std::int64_t value) const {
    if (min > 0 && value < min) value = min;
    if (max > 0 && value > max) value = max;
    return std::max<std::int64_t>(1, value);
  }
};

/// `min` and `max` of the distribution, 0 where absent. THROWS ConfigError if both are > 0 and min
/// > max.
OptionalBounds read_optional_bounds(const DistributionSpec& spec);

/// The parameter, or 0 if it is absent.
inline double param_or_zero(const DistributionSpec& spec, const char* name) {
  const auto found = spec.params.find(name);
  return found == spec.params.end() ? 0.0 : found->second;
}

/// A parameter that counts things: truncated.
inline std::int64_t integer_param(const DistributionSpec& spec, const char* name) {
  return truncate_to_int64(param_or_zero(spec, name));
}

}  // namespace blis::workload
