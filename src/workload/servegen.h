// ServeGen data sets: production traces as chunks of rates and length histograms.
#pragma once

#include "base/diagnostics.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Replaces cohorts, category and aggregate rate of `spec` by what the data set of its
/// `servegen_data` section contains, drawn with the spec's seed; the section stays. REQUIRES
/// spec.servegen_data. THROWS DataError naming file and line, or ConfigError. SOURCE spec
/// workload 19.
void load_servegen_data(WorkloadSpec& spec, Diagnostics& diagnostics);

}  // namespace blis::workload
