// `convert` and `compose`: other descriptions of traffic as workload specs. Each returns a
// validated spec; print it with format_workload_spec().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "workload/synthesis.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// SOURCE spec workload 20.1. THROWS ConfigError for an unknown name, a rate that is not finite and
/// > 0, a count <= 0.
WorkloadSpec convert_preset(const Presets& presets, const std::string& name, double rate_per_s,
                            std::int64_t num_requests);

/// Expands the `inference_perf` section of a workload spec file. The injected arrival processes are
/// lost [spec 25.1 item 7].
WorkloadSpec convert_inference_perf(const std::string& file, Diagnostics& diagnostics);

struct ServegenConversion {
  std::string path;
  std::int64_t window_duration_s = 600;
  std::int64_t drain_timeout_s = 180;
  std::string time;  ///< "" or midnight, morning, afternoon: keep only that period's cohorts
};
WorkloadSpec convert_servegen(const ServegenConversion& conversion, Diagnostics& diagnostics);

/// Merges the clients of several files, each keeping its absolute rate. Everything but clients is
/// dropped [spec 25.1 item 11].
WorkloadSpec compose(const std::vector<std::string>& files, Diagnostics& diagnostics);

}  // namespace blis::workload
