// From flags and policy bundle to the settings of the control plane. SOURCE spec control-plane 2.
#pragma once

#include "base/diagnostics.h"
#include "config/flags/simulation_flags.h"
#include "config/policy_bundle.h"
#include "control/control_config.h"
#include "disagg/pools.h"

namespace blis::config {

/// THROWS ConfigError for an interval that is no time, which the flag may give, and for a scale
/// target of a role that has no pool.
/// Settings without effect go to `diagnostics`.
control::ControlConfig resolve_control(const GatewayFlags& flags, const PolicyBundle& bundle,
                                       const disagg::PoolSizes& pools, Diagnostics& diagnostics);

}  // namespace blis::config
