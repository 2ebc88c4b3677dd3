// The report of `calibrate` as JSON. SOURCE spec traces 10.4.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "calibrate/comparison.h"
#include "calibrate/goodput_comparison.h"
#include "calibrate/hit_rate.h"
#include "trace/goodput_targets.h"

namespace blis::calibrate {

struct CalibrationReport {
  std::int64_t num_requests = 0;  ///< matched + excluded + unmatched
  std::int64_t warm_up_excluded = 0;
  std::int64_t matched_pairs = 0;
  std::int64_t token_mismatches = 0;
  std::int64_t itl_dropped = 0;
  std::map<std::string, Comparison> metrics{};  ///< `ttft`, `itl`, `e2e`; those with pairs
  trace::GoodputTargets goodput_targets{};
  std::optional<GoodputComparison> goodput{};
  std::optional<HitRateComparison> hit_rate{};
  double ttft_mape_threshold = 0;

  bool ttft_within() const;
};

/// No final newline. REQUIRES there is a `ttft` metric and all numbers are finite.
std::string report_json(const CalibrationReport& report);

}  // namespace blis::calibrate
