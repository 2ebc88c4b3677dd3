// A simulated run as a trace (--trace-output). SOURCE spec traces 5.
#pragma once

#include <string>

#include "cluster/simulation_result.h"
#include "trace/replay.h"
#include "trace/trace_header.h"

namespace blis::report {

/// Writes `<prefix>.yaml` and `<prefix>.csv`: every request in the order in which its arrival event
/// fired, numbered from 0. THROWS ConfigError if a file cannot be written; neither then appears
/// half-written.
void write_run_trace(const std::string& prefix, const trace::TraceHeader& header,
                     const cluster::SimulationResult& result);

/// The same for a replay: the requests in the order in which they were built, arrived or not.
/// [QUIRK] Follow-ups of a closed loop are left out, ids are renumbered.
void write_replay_trace(const std::string& prefix, const trace::TraceHeader& header,
                        const cluster::SimulationResult& result, const trace::ReplaySource& source);

}  // namespace blis::report
