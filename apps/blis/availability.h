// What has been asked for and does not exist yet. The one place to shorten when a feature lands.
#pragma once

#include "config/flags/simulation_flags.h"
#include "config/policy_bundle.h"

namespace blis::app {

/// THROWS NotAvailable naming the first flag or bundle key whose feature is requested (not merely
/// mentioned with its default) and missing.
void refuse_unavailable(const config::SimulationFlags& flags, const config::PolicyBundle& bundle);

}  // namespace blis::app
