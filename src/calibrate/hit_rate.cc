#include "calibrate/hit_rate.h"

#include <cmath>

namespace blis::calibrate {

double HitRateComparison::abs_error_pp() const { return std::abs(sim - real) * 100; }

bool HitRateComparison::within() const {
  constexpr double kRoundingPp = 1e-9;
  return abs_error_pp() <= tolerance_pp + kRoundingPp;
}

}  // namespace blis::calibrate
