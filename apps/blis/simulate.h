// What `run` and `replay` have in common once they know their deployment and their requests, and
// `observe` in its flags.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "cluster/cluster_config.h"
#include "cluster/simulation_result.h"
#include "config/flags/command_flags.h"
#include "config/flags/simulation_flags.h"
#include "report/run_report.h"
#include "report/saturation/saturation.h"
#include "report/time_series_file.h"
#include "request/request_source.h"
#include "trace/goodput_targets.h"
#include "trace/replay.h"
#include "trace/trace_header.h"
#include "workload/workload_spec.h"

namespace blis::app {

/// What to report and where to, all of it checked.
struct Outputs {
  report::ReportOptions report;
  std::optional<report::SaturationOptions> saturation;  ///< nullopt: no detectors
  std::string trace_prefix;                             ///< "" = no trace
  trace::TraceHeader trace_header;                      ///< of that trace
  std::string metrics_path;                             ///< "" = none
  std::string results_path;                             ///< "" = none
  std::string time_series_path;                         ///< "" = none
  Micros time_series_interval;
  std::unique_ptr<report::TimeSeriesFile> time_series;  ///< opened when the run begins

  /// Whether any of them needs more of a finished request than its record
  /// (request/request_table.h).
  bool need_requests() const {
    return saturation || !trace_prefix.empty() || !time_series_path.empty() ||
           !report.goodput_targets.empty();
  }
};

/// A spec's targets in the form in which traces and reports have them.
trace::GoodputTargets goodput_targets(const workload::WorkloadSpec& spec);
/// Goodput targets as the three flags give them. THROWS ConfigError.
trace::GoodputFlags parse_goodput_flags(const config::GoodputFlags& flags);
/// The four flags of the verdict after the run. THROWS ConfigError.
std::optional<report::SaturationOptions> resolve_saturation(const config::SaturationFlags& flags);
/// Everything but goodput and fitness, which differ between commands. THROWS ConfigError.
Outputs resolve_outputs(const config::SimulationFlags& flags);

/// Runs to the end, with a progress line on a terminal, and writes the time series if `outputs` has
/// one. `source` stays the caller's, who may need it afterwards. `expected_requests` is for the
/// progress line only; 0 = not known.
cluster::SimulationResult simulate(const cluster::ClusterConfig& config,
                                   std::shared_ptr<SymbolTable> symbols,
                                   request::RequestSource& source,
                                   request::SessionListener* sessions,
                                   std::int64_t expected_requests, Outputs& outputs,
                                   Diagnostics& diagnostics);

/// Steps of all instances.
std::int64_t engine_steps(const cluster::SimulationResult& result);

/// `blis run` up to its report: resolves, generates, simulates. Fills `outputs` with what to
/// report.
cluster::SimulationResult simulate_run(const config::RunFlags& flags, Outputs& outputs);

/// The header that traces of `run` and `replay` have in common.
trace::TraceHeader trace_header(std::string_view mode, const cluster::ClusterConfig& config,
                                const trace::GoodputTargets& targets);

/// Prints the results and writes the files that were asked for. `replayed` is where the requests
/// came from in a replay, nullptr in a run.
void report_run(const cluster::SimulationResult& result, Outputs outputs,
                const trace::ReplaySource* replayed);

}  // namespace blis::app
