// WorkloadSpec as YAML, the way `convert` and `compose` print it.
#pragma once

#include <string>

#include "workload/workload_spec.h"

namespace blis::workload {

/// The document with its final newline: fixed key order, zero and empty optional keys left out.
/// Injected arrivals and source locations have no YAML form and vanish. SOURCE spec workload 20.5,
/// cli 2.2.
std::string format_workload_spec(const WorkloadSpec& spec);

}  // namespace blis::workload
