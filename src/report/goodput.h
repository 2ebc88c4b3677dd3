// Goodput: which share of the requests that arrived met the targets of their class, and how many of
// them per second. SOURCE spec cli 15.3-15.4, data-plane 17.6, engine 14.4.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "report/run_summary.h"
#include "trace/goodput_targets.h"

namespace blis::report {

/// How one class fared.
struct ClassGoodput {
  std::int64_t injected = 0;  ///< arrivals at the cluster, before any rejection
  std::int64_t good = 0;      ///< completed within every gated dimension
  double goodput_rps = 0;
  double attainment = 0;  ///< good / injected
  /// Gated dimension (`ttft`, `itl`, `e2e`) -> met / completed. [QUIRK] another denominator than
  /// `attainment`.
  std::map<std::string, double> attainment_by_dimension;
  double ttft_p99_ms = 0;  ///< of completed requests
  double itl_mean_ms = 0;  ///< mean of their means, summed ascending by name
  double e2e_p99_ms = 0;
};

struct Goodput {
  double goodput_rps = 0;
  double attainment = 0;
  std::map<std::string, ClassGoodput> classes;  ///< every targeted class
};

/// REQUIRES `targets` is not empty.
Goodput evaluate_goodput(const RunSummary& summary, const trace::GoodputTargets& targets);

}  // namespace blis::report
