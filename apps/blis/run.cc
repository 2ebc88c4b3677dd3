// `blis run`: from flags to requests, through the simulated cluster, to the report.

#include <memory>
#include <utility>

#include "command.h"
#include "config/deployment.h"
#include "config/flags/command_flags.h"
#include "config/kv_offload_resolution.h"
#include "config/workload_flags.h"
#include "environment.h"
#include "logging.h"
#include "report/fitness.h"
#include "report/run_report.h"
#include "simulate.h"
#include "workload/adapter_check.h"
#include "workload/generate.h"

namespace blis::app {

cluster::SimulationResult simulate_run(const config::RunFlags& run_flags, Outputs& outputs) {
  const config::SimulationFlags& flags = run_flags.simulation;
  set_log_level(*flags.control.log);

  // What to simulate. Everything that the user wrote is checked before the first event (spec
  // cli 5.2; the reference looks at some outputs only afterwards).
  Diagnostics diagnostics;
  const config::ResolvedModel model = resolve_model(flags, diagnostics);
  workload::ResolvedWorkload load =
      workload::resolve_run_workload(config::workload_flags(run_flags), model.presets, diagnostics);
  config::Deployment deployment = config::resolve_deployment(
      flags, config::CommandKind::kRun, model, config::resolve_offload(flags, model),
      load.options.horizon, diagnostics);
  workload::check_adapter_references(load.spec, model.declared_adapters);
  outputs = resolve_outputs(flags);
  outputs.report.fitness_weights = report::parse_fitness_weights(*flags.output.fitness_weights);
  outputs.report.goodput_targets = trace::merge_goodput_targets(goodput_targets(load.spec), {},
                                                                parse_goodput_flags(flags.goodput));
  outputs.trace_header =
      trace_header(trace::kModeGenerated, deployment.cluster, outputs.report.goodput_targets);
  outputs.trace_header.workload_seed = load.spec.seed;

  // The requests.
  const auto symbols = std::make_shared<SymbolTable>();
  load.options.block_size = deployment.cluster.instance.block_size_tokens;
  load.options.private_blocks = deployment.cluster.serves_private_blocks();
  workload::GeneratedWorkload generated =
      workload::generate(load.spec, load.options, *symbols, diagnostics);
  const bool keeps_requests = outputs.need_requests() || generated.sessions != nullptr ||
                              deployment.cluster.needs_finished_requests();
  deployment.cluster.finished_requests =
      keeps_requests ? cluster::FinishedRequests::kKept : cluster::FinishedRequests::kRecorded;
  log_diagnostics(diagnostics);

  // The run.
  Diagnostics run_diagnostics;
  cluster::SimulationResult result =
      simulate(deployment.cluster, symbols, *generated.source, generated.sessions.get(),
               load.options.max_requests, outputs, run_diagnostics);
  log_diagnostics(run_diagnostics);
  return result;
}

int run_command(Arguments words) {
  const CommandLine<config::RunFlags> line(words);
  if (line.help_requested) return print_help("run");
  Outputs outputs;
  const cluster::SimulationResult result = simulate_run(line.flags, outputs);
  report_run(result, std::move(outputs), nullptr);
  return kSuccess;
}

}  // namespace blis::app
