// From flags and policy bundle to the settings of the control plane. SOURCE spec control-plane 2.
#pragma once

#include "base/diagnostics.h"
#include "config/flags/simulation_flags.h"
#include "config/policy_bundle.h"
#include "control/control_config.h"

namespace blis::config {

/// Warns of settings that have no effect. THROWS ConfigError for an interval that is no time, which
/// the flag may give.
control::ControlConfig resolve_control(const GatewayFlags& flags, const PolicyBundle& bundle,
                                       Diagnostics& diagnostics);

}  // namespace blis::config
