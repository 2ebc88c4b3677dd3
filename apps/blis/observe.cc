// `blis observe`: from a workload, through a real server, to a recorded trace.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/output_file.h"
#include "command.h"
#include "config/flags/command_flags.h"
#include "config/observe_checks.h"
#include "config/output_paths.h"
#include "config/workload_flags.h"
#include "environment.h"
#include "live/observe/journal.h"
#include "live/observe/observation.h"
#include "live/observe/observed_trace.h"
#include "logging.h"
#include "report/observed_report.h"
#include "simulate.h"
#include "workload/run_workload.h"

namespace blis::app {
namespace {

live::ObserveOptions observe_options(const config::ObserveFlags& flags) {
  live::ObserveOptions options;
  options.target = {.base_url = live::checked_base_url(*flags.server_url),
                    .model = *flags.model,
                    .api_key = *flags.api_key,
                    .format = *flags.api_format == "chat" ? live::ApiFormat::kChat
                                                          : live::ApiFormat::kCompletions,
                    .timeout = std::chrono::seconds(*flags.timeout)};
  const bool one_place_per_user = *flags.concurrency > 0 && !flags.max_concurrency.is_set;
  options.load = {.max_in_flight = static_cast<std::size_t>(
                      one_place_per_user ? *flags.concurrency : *flags.max_concurrency),
                  .warm_up_requests = *flags.warmup_requests,
                  .force_streaming = *flags.streaming || *flags.record_itl,
                  .no_streaming = *flags.no_streaming,
                  .unconstrained = *flags.unconstrained_output,
                  .keep_chunk_times = *flags.record_itl,
                  .content_chunks_only = *flags.content_chunks_only};
  options.prewarm = std::chrono::nanoseconds(flags.prewarm_duration->count);
  if (*flags.scrape_kv_metrics) {
    options.scrape_url = flags.kv_metrics_url->empty() ? options.target.base_url + "/metrics"
                                                       : *flags.kv_metrics_url;
  }
  return options;
}

live::TraceFiles trace_files(const config::ObserveFlags& flags) {
  live::TraceFiles files{*flags.trace_header, *flags.trace_data, ""};
  if (*flags.record_itl) {
    files.itl = flags.itl_output->empty() ? live::default_itl_path(files.data) : *flags.itl_output;
  }
  config::check_output_path("--trace-header", files.header);
  config::check_output_path("--trace-data", files.data);
  config::check_output_path("--itl-output", files.itl);
  return files;
}

/// Everything about the run that is known before it.
trace::TraceHeader planned_header(const config::ObserveFlags& flags,
                                  const workload::WorkloadSpec& spec,
                                  const trace::GoodputTargets& targets) {
  trace::TraceHeader header;
  header.trace_version = trace::kTraceVersion;
  header.time_unit = "us";
  header.mode = trace::kModeReal;
  header.warm_up_requests = *flags.warmup_requests;
  header.workload_seed = spec.seed;
  header.workload_spec =
      flags.workload->empty() ? *flags.workload_spec : "preset:" + *flags.workload;
  header.server.emplace();
  header.server->type = *flags.server_type;
  header.server->model = *flags.model;
  header.measured_rtt_ms = *flags.rtt_ms;
  header.goodput_slo_targets = targets;
  return header;
}

void log_sending(const live::SendStatistics& statistics) {
  std::vector<std::int64_t> lags = statistics.lag_us;
  if (lags.empty()) return;
  std::sort(lags.begin(), lags.end());
  const auto at = [&](double share) {
    return static_cast<double>(
               lags[static_cast<std::size_t>(share * static_cast<double>(lags.size() - 1))]) /
           1000.0;
  };
  log_info(
      fmt::format("sent {} requests, {:.3f} ms after plan (median; p99 {:.3f}, longest {:.3f})",
                  statistics.sent, at(0.5), at(0.99), at(1.0)));
  if (statistics.held_back > 0) {
    log_warning(
        fmt::format("{} requests had to wait for a place in flight: --max-concurrency "
                    "limits the load",
                    statistics.held_back));
  }
}

/// Prints the results and writes the report on saturation.
void report_observation(const live::Observation& observation,
                        const std::optional<report::SaturationOptions>& saturation,
                        report::ObservedReportOptions options) {
  std::vector<report::MeasuredRequest> requests;
  requests.reserve(observation.requests.size());
  for (const live::ObservedRequest& request : observation.requests) {
    requests.push_back({&request.record, request.chunk_times_us});
  }
  report::SaturationResult verdict;
  if (saturation) {
    verdict = report::detect_saturation(report::served_requests(requests), *saturation);
    options.saturation_labels = verdict.labels;
  }
  const std::string text = report::render_observed(requests, options);
  if (saturation && !saturation->report_path.empty()) {
    write_file(saturation->report_path, verdict.report);
  }
  print_stdout(text);
}

bool has_adapters(const workload::WorkloadSpec& spec) {
  return std::any_of(spec.clients.begin(), spec.clients.end(),
                     [](const workload::ClientSpec& client) { return !client.adapter.empty(); });
}

}  // namespace

int observe_command(Arguments words) {
  const CommandLine<config::ObserveFlags> line(words);
  if (line.help_requested) return print_help("observe");
  const config::ObserveFlags& flags = line.flags;

  // What to send, and where what comes back goes: all checked before the first request.
  Diagnostics diagnostics;
  config::check_observe_flags(flags, diagnostics);
  const trace::GoodputFlags goodput_flags = parse_goodput_flags(flags.goodput);
  const auto saturation = resolve_saturation(flags.saturation);
  // Presets are read only where one is named (spec cli 7).
  const workload::Presets presets = flags.workload->empty()
                                        ? workload::Presets{}
                                        : load_defaults(flags.defaults_filepath).presets;
  const workload::ResolvedWorkload load =
      workload::resolve_observe_workload(config::workload_flags(flags), presets, diagnostics);
  const live::ObserveOptions options = observe_options(flags);
  const live::TraceFiles files = trace_files(flags);
  report::ObservedReportOptions report_options;
  report_options.goodput_targets =
      trace::merge_goodput_targets(goodput_targets(load.spec), {}, goodput_flags);
  report_options.has_chunk_times = *flags.record_itl;
  if (!*flags.record_itl && std::ranges::any_of(report_options.goodput_targets, [](const auto& t) {
        return t.second.itl_ms > 0;
      })) {
    diagnostics.warn("ITL targets are not judged without --record-itl");
  }
  if (has_adapters(load.spec)) {
    diagnostics.warn(
        "the workload's LoRA adapters are not asked for: every request is for --model");
  }
  trace::TraceHeader header = planned_header(flags, load.spec, report_options.goodput_targets);
  live::Journal journal(files.data, live::journal_columns(load.spec));
  log_diagnostics(diagnostics);

  // The run.
  Diagnostics run_diagnostics;
  live::Observation observation = live::observe(
      load, options,
      [&](const live::ObservedRequest& request) {
        journal.add(request.record);
        if (request.record.status == "ok") return;
        run_diagnostics.warn("requests failed", request.record.error_message);
      },
      run_diagnostics);
  if (!journal.failure().empty()) {
    run_diagnostics.warn("rows could not be written while they came in", journal.failure());
  }
  log_diagnostics(run_diagnostics);
  log_sending(observation.statistics);
  if (observation.interrupted) log_warning("interrupted; what was measured is kept");

  // What it left.
  if (*flags.reference_clock) {
    for (live::ObservedRequest& request : observation.requests) {
      live::shift_measured_times(request, observation.start_since_epoch_us);
    }
  }
  header.created_at = live::utc_text(std::chrono::duration_cast<std::chrono::seconds>(
                                         std::chrono::system_clock::now().time_since_epoch())
                                         .count());
  header.observed_kv_metrics = observation.kv_metrics;
  if (header.observed_kv_metrics) header.observed_kv_metrics->vllm_commit = *flags.vllm_commit;
  live::write_observed_trace(files, header, observation.requests, journal);
  report_options.wall_s =
      std::chrono::duration<double>(live::Clock::now() - observation.start).count();
  report_observation(observation, saturation, std::move(report_options));
  return kSuccess;
}

}  // namespace blis::app
