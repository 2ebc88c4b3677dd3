// Observed against simulated hit rate of the KV cache. SOURCE spec traces 10.6, kv-cache 11.
#pragma once

#include <string>

namespace blis::calibrate {

struct HitRateComparison {
  double real = 0;
  double sim = 0;
  double tolerance_pp = 0;  ///< percentage points
  std::string source{};     ///< what the real rate is a rate of

  double abs_error_pp() const;
  /// Within the tolerance, which is widened by what rounding of the difference may add.
  bool within() const;
};

}  // namespace blis::calibrate
