// What the flags of `observe` must satisfy before anything is sent. SOURCE spec cli 7.
#pragma once

#include "base/diagnostics.h"
#include "config/flags/command_flags.h"

namespace blis::config {

/// All checks but those of the workload's own contents. THROWS ConfigError naming the flag.
void check_observe_flags(const ObserveFlags& flags, Diagnostics& diagnostics);

}  // namespace blis::config
