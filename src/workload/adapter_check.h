// Adapters that a workload names must be declared, with a matching base model.
#pragma once

#include <map>
#include <string>

#include "base/diagnostics.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// Declared adapters: name -> base model, "" if the adapter declares none.
using DeclaredAdapters = std::map<std::string, std::string>;

/// Checks every client, then every cohort; the first violation wins. THROWS ConfigError. SOURCE
/// spec workload 21.
void check_adapter_references(const WorkloadSpec& spec, const DeclaredAdapters& declared);

/// For commands that cannot apply adapters: warns once if any is named.
void warn_about_adapters(const WorkloadSpec& spec, Diagnostics& diagnostics);

}  // namespace blis::workload
