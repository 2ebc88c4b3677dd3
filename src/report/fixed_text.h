// Numbers with a fixed number of decimals, as the text sections print them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace blis::report {

/// Correctly rounded decimal with `decimals` digits after the point; `NaN`, `+Inf`, `-Inf`. SOURCE
/// spec cli 2.6.
inline std::string fixed(double v, int decimals) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  return fmt::format("{:.{}f}", v, decimals);
}

}  // namespace blis::report
