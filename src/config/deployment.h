// What a run simulates: everything that flags, policy bundle, model files and defaults say, in one
// immutable value.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "cluster/cluster_config.h"
#include "config/disaggregation_checks.h"
#include "config/flags/simulation_flags.h"
#include "config/model_resolution.h"
#include "config/policy_bundle.h"

namespace blis::config {

struct Deployment {
  cluster::ClusterConfig cluster;
  PolicyBundle bundle;
  PoolTopology pools;
  PoolModel prefill_pool;  ///< the global model unless there are prefill instances with overrides
  PoolModel decode_pool;
};

/// What the flags say about model, hardware and adapters. `catalog_folder` is where the program's
/// own data lies, "" if nowhere.
ModelSettings model_settings(const SimulationFlags& flags, const std::string& catalog_folder);

/// Everything but the model: cluster, policies, pools, caches. Comes after the workload has been
/// looked at, whose mistakes the reference reports first (spec cli 5.2). `horizon` is the run's,
/// which may come from the workload. THROWS ConfigError, also for what only building the
/// parts finds out.
Deployment resolve_deployment(const SimulationFlags& flags, CommandKind command,
                              const ResolvedModel& model, std::optional<kv::OffloadConfig> offload,
                              Micros horizon, Diagnostics& diagnostics);

}  // namespace blis::config
