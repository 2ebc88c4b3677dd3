// Who gets which share of the aggregate rate.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "workload/generation/traffic.h"

namespace blis::workload {

/// Rates in requests per µs, one per client, for a workload without window overrides.
///
///   no windows anywhere:  A · (f_i / Σ f_j) / 1e6
///   otherwise:            A · (f_i / Σ f_j over those whose windows overlap i's somewhere) / 1e6
///
/// COST  O(clients) without windows, else O(distinct window lists · clients). SOURCE spec
/// workload 5.
std::vector<double> static_client_rates(const Traffic& traffic, double aggregate_rate_per_s);

/// Rates of single windows of a time-varying workload. SOURCE spec workload 11 step 3.
class WindowRates {
 public:
  WindowRates(const Traffic& traffic, double aggregate_rate_per_s)
      : traffic_(traffic), aggregate_rate_per_s_(aggregate_rate_per_s) {}

  /// Requests per second in `window` of `client`, whose end was clamped to `end_us`; <= 0: none.
  double rate_per_s(const TrafficClient& client, const WindowSpec& window, std::int64_t end_us,
                    Diagnostics& diagnostics);

 private:
  /// Σ of the weights that compete in [start, end): of each client the first listed window that
  /// overlaps, not the one that is active [QUIRK, spec 25.1 item 3]. Cached: all members of a
  /// cohort ask for the same windows.
  double total_weight(std::int64_t start_us, std::int64_t end_us);

  const Traffic& traffic_;
  double aggregate_rate_per_s_;
  std::map<std::pair<std::int64_t, std::int64_t>, double> totals_;
};

}  // namespace blis::workload
