// `blis replay`: from a recorded trace, through the simulated cluster, to the report.

#include "trace/replay.h"

#include <memory>
#include <utility>

#include "base/error.h"
#include "command.h"
#include "config/deployment.h"
#include "config/flags/command_flags.h"
#include "config/kv_offload_resolution.h"
#include "config/replay_checks.h"
#include "environment.h"
#include "logging.h"
#include "simulate.h"

namespace blis::app {

int replay_command(Arguments words) {
  const CommandLine<config::ReplayFlags> line(words);
  if (line.help_requested) return print_help("replay");
  const config::SimulationFlags& flags = line.flags.simulation;
  set_log_level(*flags.control.log);

  // What was recorded, and on what to replay it. Everything is checked before the first event.
  Diagnostics diagnostics;
  trace::ReplayOptions options = config::resolve_replay_options(line.flags);
  const trace::TraceHeader header = trace::load_trace_header(*line.flags.trace_header);
  const config::ResolvedModel model = resolve_model(flags, diagnostics);
  options.block_size = model.block_size_tokens;
  options.keep_built = !flags.output.trace_output->empty();
  const auto symbols = std::make_shared<SymbolTable>();
  trace::Replay replay =
      trace::build_replay(header, *line.flags.trace_data, options, *symbols, diagnostics);
  std::optional<kv::OffloadConfig> offload =
      config::reconcile_offload(header, *line.flags.trace_header, flags, model);
  config::Deployment deployment = config::resolve_deployment(
      flags, config::CommandKind::kReplay, model, std::move(offload), replay.horizon, diagnostics);
  Outputs outputs = resolve_outputs(flags);
  outputs.results_path = *line.flags.results_path;
  outputs.report.goodput_targets = trace::merge_goodput_targets({}, header.goodput_slo_targets,
                                                                parse_goodput_flags(flags.goodput));
  outputs.trace_header =
      trace_header(trace::kModeReplayed, deployment.cluster, outputs.report.goodput_targets);
  outputs.trace_header.observed_kv_metrics = header.observed_kv_metrics;
  if (!flags.output.fitness_weights->empty()) {
    diagnostics.warn("--fitness-weights has no effect in replay");
  }
  const bool closed_loop = replay.sessions != nullptr;
  if (!closed_loop && deployment.cluster.serves_private_blocks()) {
    replay.source->use_private_blocks();
  }
  // Requests of one id share an entry in every table by id, which their records cannot.
  const bool keeps_requests = outputs.need_requests() || closed_loop || !replay.ids_differ ||
                              deployment.cluster.needs_finished_requests();
  deployment.cluster.finished_requests =
      keeps_requests ? cluster::FinishedRequests::kKept : cluster::FinishedRequests::kRecorded;
  log_diagnostics(diagnostics);

  Diagnostics run_diagnostics;
  const auto expected_requests = static_cast<std::int64_t>(replay.source->size());
  const cluster::SimulationResult result =
      simulate(deployment.cluster, symbols, *replay.source, replay.sessions.get(),
               expected_requests, outputs, run_diagnostics);
  log_diagnostics(run_diagnostics);
  report_run(result, std::move(outputs), replay.source.get());
  return kSuccess;
}

}  // namespace blis::app
