#include "simulate.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json_writer.h"
#include "base/output_file.h"
#include "cluster/simulation.h"
#include "command.h"
#include "config/kv_offload_resolution.h"
#include "config/output_paths.h"
#include "logging.h"
#include "progress.h"
#include "report/trace_export.h"
#include "trace/trace_output.h"

namespace blis::app {
namespace {

/// What the run consisted of, for whoever wants to relate its cost to it. bench/instructions reads
/// this line.
void log_work(const cluster::SimulationResult& result) {
  log_info(
      fmt::format("simulated {} requests in {} engine steps of {} instances, {} s of their time",
                  result.arrived_requests, engine_steps(result), result.instances.size(),
                  static_cast<double>(result.clock.count()) / 1e6));
}

/// `write` fills the document, which is never in memory as a whole.
template <typename Write>
void write_json_file(const std::string& path, const Write& write) {
  OutputFile file(path);
  JsonWriter json([&file](std::string_view piece) { file.append(piece); });
  write(json);
  json.finish();
  file.commit();
}

Micros time_series_interval(const config::OutputFlags& flags) {
  const InputLocation where{"", 0, "--timeseries-interval"};
  if (flags.timeseries_interval.is_set && flags.timeseries->empty()) {
    throw ConfigError(where, "has no effect without --timeseries");
  }
  const Micros interval(flags.timeseries_interval->count / 1000);
  if (interval < Micros(1)) throw ConfigError(where, "must be at least 1us, as 500ms or 1m");
  return interval;
}

}  // namespace

trace::GoodputTargets goodput_targets(const workload::WorkloadSpec& spec) {
  trace::GoodputTargets targets;
  for (const auto& [slo_class, target] : spec.goodput_slo_targets) {
    targets[slo_class] = {
        .ttft_ms = target.ttft_ms, .itl_ms = target.itl_ms, .e2e_ms = target.e2e_ms};
  }
  return targets;
}

trace::GoodputFlags parse_goodput_flags(const config::GoodputFlags& flags) {
  return {.ttft_ms = trace::parse_goodput_flag("--slo-ttft", *flags.slo_ttft),
          .itl_ms = trace::parse_goodput_flag("--slo-itl", *flags.slo_itl),
          .e2e_ms = trace::parse_goodput_flag("--slo-e2e", *flags.slo_e2e)};
}

std::optional<report::SaturationOptions> resolve_saturation(const config::SaturationFlags& flags) {
  config::check_output_path("--saturation-report", *flags.saturation_report);
  return report::resolve_saturation({.detectors = *flags.detectors,
                                     .config = *flags.saturation_config,
                                     .report = *flags.saturation_report,
                                     .final_window = *flags.saturation_final_window});
}

Outputs resolve_outputs(const config::SimulationFlags& flags) {
  Outputs outputs;
  outputs.report.instance_blocks = *flags.gateway.num_instances > 1;
  outputs.report.trace_summary = *flags.output.summarize_trace;
  outputs.saturation = resolve_saturation(flags.saturation);
  outputs.metrics_path = *flags.output.metrics_path;
  config::check_output_path("--metrics-path", outputs.metrics_path);
  outputs.trace_prefix = *flags.output.trace_output;
  if (!outputs.trace_prefix.empty()) {
    config::check_output_path("--trace-output", trace::trace_files(outputs.trace_prefix).header);
  }
  outputs.time_series_path = *flags.output.timeseries;
  config::check_output_path("--timeseries", outputs.time_series_path);
  outputs.time_series_interval = time_series_interval(flags.output);
  outputs.report.gpu_costs = *flags.output.gpu_costs || !flags.output.gpu_hour_cost->empty();
  return outputs;
}

cluster::SimulationResult simulate(const cluster::ClusterConfig& config,
                                   std::shared_ptr<SymbolTable> symbols,
                                   request::RequestSource& source,
                                   request::SessionListener* sessions,
                                   std::int64_t expected_requests, Outputs& outputs,
                                   Diagnostics& diagnostics) {
  cluster::Simulation simulation(config, std::move(symbols), source, sessions, diagnostics);
  if (!outputs.time_series_path.empty()) {
    outputs.time_series = std::make_unique<report::TimeSeriesFile>(outputs.time_series_path,
                                                                   cluster::gpu_types_of(config));
    simulation.record_time_series(outputs.time_series_interval, *outputs.time_series);
  }
  ProgressBar progress(expected_requests, config.instance.horizon);
  if (progress.enabled()) {
    simulation.set_progress_hook([&progress](const cluster::Progress& now) { progress.show(now); });
  }
  cluster::SimulationResult result = simulation.run();
  log_work(result);
  return result;
}

std::int64_t engine_steps(const cluster::SimulationResult& result) {
  std::int64_t steps = 0;
  for (const cluster::InstanceResult& instance : result.instances) steps += instance.metrics.steps;
  return steps;
}

trace::TraceHeader trace_header(std::string_view mode, const cluster::ClusterConfig& config,
                                const trace::GoodputTargets& targets) {
  trace::TraceHeader header;
  header.trace_version = trace::kTraceVersion;
  header.time_unit = "microseconds";
  header.mode = mode;
  header.goodput_slo_targets = targets;
  if (config.kv.offload) header.kv_offload = config::to_header(*config.kv.offload);
  return header;
}

void report_run(const cluster::SimulationResult& result, Outputs outputs,
                const trace::ReplaySource* replayed) {
  const report::RunSummary summary(result);
  report::SaturationResult saturation;
  if (outputs.saturation) {
    saturation = report::detect_saturation(report::served_requests(summary), *outputs.saturation);
    outputs.report.saturation_labels = std::move(saturation.labels);
  }
  const std::string text = report::render_stdout(summary, outputs.report);

  // Everything that can be wrong with the numbers has shown by now; what follows only writes.
  if (!outputs.trace_prefix.empty()) {
    if (replayed == nullptr) {
      report::write_run_trace(outputs.trace_prefix, outputs.trace_header, result);
    } else {
      report::write_replay_trace(outputs.trace_prefix, outputs.trace_header, result, *replayed);
    }
  }
  if (outputs.saturation && !outputs.saturation->report_path.empty()) {
    write_file(outputs.saturation->report_path, saturation.report);
  }
  if (outputs.time_series) outputs.time_series->commit();
  print_stdout(text);
  if (!outputs.metrics_path.empty()) {
    write_json_file(outputs.metrics_path, [&](JsonWriter& json) {
      report::write_metrics(json, summary, outputs.report);
    });
  }
  if (!outputs.results_path.empty()) {
    write_json_file(outputs.results_path,
                    [&](JsonWriter& json) { report::write_results(json, summary); });
  }
}

}  // namespace blis::app
