// Workload YAML into WorkloadSpec: strict, with every mistake of the file reported at once.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Reads `text` (named `file` in messages) and upgrades version 1. Semantic validation comes later,
/// in generation. THROWS ConfigError with file, line and key of every unknown key, duplicate key
/// and wrong type. SOURCE spec workload 4.1, 4.8.
WorkloadSpec parse_workload_spec(std::string_view text, const std::string& file,
                                 Diagnostics& diagnostics);

/// The same for a file. THROWS ConfigError if it cannot be read.
WorkloadSpec load_workload_spec(const std::string& file, Diagnostics& diagnostics);

/// Version "" or "1" becomes "2", and the old class names of clients (not cohorts) their new ones.
/// Idempotent. SOURCE spec workload 4.8.
void upgrade_v1(WorkloadSpec& spec, Diagnostics& diagnostics);

}  // namespace blis::workload
