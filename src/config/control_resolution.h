// From flags and policy bundle to the settings of the control plane. SOURCE spec control-plane 2.
#pragma once

#include "config/flags/simulation_flags.h"
#include "config/policy_bundle.h"
#include "control/control_config.h"

namespace blis::config {

/// THROWS ConfigError for what the bundle's own checks do not see: pools of one name, intervals
/// that are no time.
control::ControlConfig resolve_control(const GatewayFlags& flags, const PolicyBundle& bundle);

}  // namespace blis::config
