// What the metrics object says of nodes that came and went and of components that failed.
#pragma once

#include "base/json_writer.h"
#include "cluster/simulation_result.h"

namespace blis::report {

/// `placement` and `failures`; each only if the run could have any.
void write_fleet_counters(JsonWriter& json, const cluster::SimulationResult& result);

}  // namespace blis::report
