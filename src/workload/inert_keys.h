// Keys that a workload spec may contain although nothing reads them.
#pragma once

#include "base/diagnostics.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Warns about `network`, a distribution's `file`, and ServeGen's `time_window` and spans: the
/// reference accepts them without a word, and users take them for effective (spec workload 25.1).
void warn_about_inert_keys(const WorkloadSpec& spec, Diagnostics& diagnostics);

}  // namespace blis::workload
