#include "latency/construction_checks.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

#include "base/error.h"

namespace blis::latency {

bool is_positive_finite(double value) { return std::isfinite(value) && value > 0; }

void check_coefficients(std::string_view what, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    if (std::isnan(value)) {
      throw ConfigError(fmt::format("{}[{}] is NaN; it must be finite", what, i));
    }
    if (std::isinf(value)) {
      throw ConfigError(fmt::format("{}[{}] is Inf; it must be finite", what, i));
    }
    if (value < 0) {
      throw ConfigError(fmt::format("{}[{}] is {}; it must be non-negative", what, i, value));
    }
  }
}

}  // namespace blis::latency
