// Which offload chain a run has, if any: its own file, or what the replayed trace says.
#pragma once

#include <optional>

#include "config/flags/simulation_flags.h"
#include "config/model_resolution.h"
#include "kv/kv_config.h"
#include "trace/trace_header.h"

namespace blis::config {

/// `run`: the file of --kv-offload-config. THROWS ConfigError. SOURCE spec kv-cache 6.1, 6.2.
std::optional<kv::OffloadConfig> resolve_offload(const SimulationFlags& flags,
                                                 const ResolvedModel& model);

/// `replay`: the header's chain; the flag may repeat it, or give one to a trace of a real server.
/// `header_file` is for messages. THROWS ConfigError. SOURCE spec kv-cache 6.4, traces 7.5.
std::optional<kv::OffloadConfig> reconcile_offload(const trace::TraceHeader& header,
                                                   const std::string& header_file,
                                                   const SimulationFlags& flags,
                                                   const ResolvedModel& model);

/// The same chain as trace headers have it.
trace::OffloadHeader to_header(const kv::OffloadConfig& config);
kv::OffloadConfig from_header(const trace::OffloadHeader& header);

}  // namespace blis::config
