// What a workload spec must satisfy before anything is generated from it.
#pragma once

#include "workload/workload_spec.h"

namespace blis::workload {

/// Checks 1-7 of spec workload 4.9, in that order; the first failure wins.
/// THROWS ConfigError: `invalid workload spec: file:line: client[2].arrival.cv: ...`.
void validate(const WorkloadSpec& spec);

/// At most one of clients, servegen_data and inference_perf may be given. THROWS ConfigError
/// ("mutually exclusive").
void check_single_source(const WorkloadSpec& spec);

}  // namespace blis::workload
