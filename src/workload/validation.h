// What a workload spec must satisfy before anything is generated from it.
#pragma once

#include <string>
#include <vector>

#include "workload/workload_spec.h"

namespace blis::workload {

/// Everything that is wrong, in the order of the checks of spec workload 4.9:
/// `invalid workload spec: file:line: client[2].arrival.cv: ...`.
std::vector<std::string> find_mistakes(const WorkloadSpec& spec);
/// THROWS ConfigError with all of them, one per line.
void validate(const WorkloadSpec& spec);

/// At most one of clients, servegen_data and inference_perf may be given. THROWS ConfigError
/// ("mutually exclusive").
void check_single_source(const WorkloadSpec& spec);

}  // namespace blis::workload
