// What the flags of prefill/decode/encode pools must satisfy. SOURCE spec disaggregation 2.2, 2.3;
// cli 4.5.
#pragma once

#include <cstdint>

#include "base/diagnostics.h"
#include "config/flags/simulation_flags.h"
#include "disagg/pools.h"

namespace blis::config {

enum class CommandKind { kRun, kReplay };

using PoolTopology = disagg::PoolSizes;

/// Checks the topology. THROWS ConfigError.
PoolTopology resolve_topology(const DisaggregationFlags& flags, std::int64_t num_instances);

/// Checks deciders, transfer and per-pool overrides. What is inert without a prefill pool is a
/// warning in run and an error in replay. THROWS ConfigError.
void check_disaggregation(const DisaggregationFlags& flags, const PoolTopology& topology,
                          CommandKind command, Diagnostics& diagnostics);

}  // namespace blis::config
