// From flags and policy bundle to the settings of gateway, scheduler and preemption: who wins, and
// what is refused. SOURCE spec cli 3, 4.2-4.3; data-plane 14, 18.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/diagnostics.h"
#include "config/flags/simulation_flags.h"
#include "config/policy_bundle.h"
#include "gateway/gateway_config.h"
#include "script/policy_script.h"

namespace blis::config {

struct ResolvedPolicies {
  gateway::GatewayConfig gateway;
  std::string scheduler;
  std::string preemption_policy;
  std::shared_ptr<const script::PolicyScript> script;  ///< nullptr: none
  std::map<std::string, std::int64_t> slo_priorities;  ///< overrides of the class table
};

/// Applies precedence, then checks, in the order in which the reference reports mistakes. Settings
/// that have no effect here become warnings. THROWS ConfigError naming the flag.
ResolvedPolicies resolve_policies(const SimulationFlags& flags, const PolicyBundle& bundle,
                                  Diagnostics& diagnostics);

}  // namespace blis::config
