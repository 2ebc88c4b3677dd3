// The metrics object: one per instance and one for the cluster on stdout, and with a row per
// request in a file. The order of its members is part of the format. SOURCE spec engine 14.1-14.4,
// cli 13.1-13.2.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "report/goodput.h"
#include "report/run_summary.h"

namespace blis::report {

/// What the cluster's object may hold beyond the measurements of its scope.
struct MetricsJsonExtras {
  bool with_rows = false;  ///< `requests` and `cache_hit_rate`: in the file only
  const std::map<std::string, std::string>* saturation_labels =
      nullptr;                       ///< nullptr or empty: left out
  const Goodput* goodput = nullptr;  ///< nullptr: goodput is off
  bool with_gpu_costs = false;
  const kv::StorageUse* storage = nullptr;  ///< nullptr: instances share no storage
  bool with_fleet_counters = false;         ///< see fleet_counters.h
};

void write_metrics_json(JsonWriter& json, const RunSummary& summary, const MetricsScope& scope,
                        const MetricsJsonExtras& extras);

/// The same as text.
std::string metrics_json(const RunSummary& summary, const MetricsScope& scope,
                         const MetricsJsonExtras& extras);

/// Rows of the file in their order: by arrival, ties as the unstable sort leaves the order of
/// names. REQUIRES the run kept its requests.
std::vector<const RequestRow*> rows_by_arrival(const MetricsScope& scope);

}  // namespace blis::report
