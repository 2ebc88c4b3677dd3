// The flags of `replay` that are about the trace and its sessions. SOURCE spec cli 6, traces 7.3.
#pragma once

#include "config/flags/command_flags.h"
#include "trace/replay.h"

namespace blis::config {

/// THROWS ConfigError: no trace, an unknown mode, think times that contradict each other or come
/// without sessions. `block_size` is left at its default; it comes with the model.
trace::ReplayOptions resolve_replay_options(const ReplayFlags& flags);

}  // namespace blis::config
