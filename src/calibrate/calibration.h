// The comparison of a real trace with the results of its replay. SOURCE spec traces 10, cli 8.
#pragma once

#include <cstdint>
#include <string>

#include "base/diagnostics.h"
#include "calibrate/report_json.h"
#include "trace/goodput_targets.h"

namespace blis::calibrate {

struct CalibrationOptions {
  std::string trace_header{};
  std::string trace_data{};
  std::string sim_results{};  ///< --results-path of the replay
  std::int64_t warm_up_requests =
      -1;  ///< requests with a lower id are left out; -1 = as the header says
  std::int64_t network_rtt_us = -1;     ///< added to simulated latencies; -1 = as the header says
  double network_bandwidth_mbps = 0;    ///< 0 or less: transfers take no time
  std::string itl_data{};               ///< "" = no inter-token latencies
  trace::GoodputFlags goodput_flags{};  ///< over the header's targets
  std::string sim_metrics{};            ///< "" = no hit rate
  double hit_rate_tolerance_pp = 5.0;   ///< percentage points
  double ttft_mape_threshold = 0.15;    ///< fraction
};

/// The comparison; write it with report_json() or report_table(). Verdicts that miss their
/// tolerance are warnings. THROWS ConfigError: a bandwidth, tolerance or threshold that is not
/// finite (or below 0), an RTT below -1.
///        DataError: a file that cannot be read; no pair of requests; values that have no JSON form
///        (spec traces 13).
CalibrationReport compare_with_trace(const CalibrationOptions& options, Diagnostics& diagnostics);

/// The same as JSON without a final newline.
std::string calibrate(const CalibrationOptions& options, Diagnostics& diagnostics);

}  // namespace blis::calibrate
