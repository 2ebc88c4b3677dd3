// inference-perf descriptions as clients.
#pragma once

#include "base/diagnostics.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Replaces clients, version, aggregate rate and, if it is empty, the category of `spec` by what
/// its `inference_perf` section stands for; the section stays. REQUIRES spec.inference_perf. THROWS
/// ConfigError naming the stage or key. SOURCE spec workload 18.
void expand_inference_perf(WorkloadSpec& spec, Diagnostics& diagnostics);

/// `total` requests over `parts` clients: shares differ by at most one, larger ones first. Returns
/// the share of `part`.
std::int64_t even_share(std::int64_t total, std::int64_t parts, std::int64_t part);

}  // namespace blis::workload
