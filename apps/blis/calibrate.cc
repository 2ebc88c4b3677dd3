// `blis calibrate`: a real trace against simulated results, or a simulation against published
// figures.

#include <string>

#include "base/error.h"
#include "base/output_file.h"
#include "calibrate/adapter_reference.h"
#include "calibrate/calibration.h"
#include "calibrate/report_table.h"
#include "command.h"
#include "config/flags/command_flags.h"
#include "config/flags/policy_names.h"
#include "config/output_paths.h"
#include "logging.h"
#include "simulate.h"

namespace blis::app {
namespace {

void require_path(const char* flag, const config::Flag<std::string>& path) {
  if (path->empty()) throw ConfigError({"", 0, flag}, "is required");
}

std::string compare_with_reference(const config::CalibrateFlags& f, Diagnostics& diagnostics) {
  require_path("--sim-metrics", f.sim_metrics);
  require_path("--report", f.report);
  config::check_output_path("--report", *f.report);
  return calibrate::compare_adapter_reference({.reference = *f.adapter_reference,
                                               .sim_metrics = *f.sim_metrics,
                                               .sim_metrics_blind = *f.sim_metrics_blind,
                                               .mape_threshold = *f.adapter_mape_threshold},
                                              diagnostics);
}

calibrate::CalibrationReport compare_with_trace(const config::CalibrateFlags& f,
                                                Diagnostics& diagnostics) {
  require_path("--trace-header", f.trace_header);
  require_path("--trace-data", f.trace_data);
  require_path("--sim-results", f.sim_results);
  if (*f.format != "table") require_path("--report", f.report);
  config::check_output_path("--report", *f.report);
  return calibrate::compare_with_trace({.trace_header = *f.trace_header,
                                        .trace_data = *f.trace_data,
                                        .sim_results = *f.sim_results,
                                        .warm_up_requests = *f.warmup_requests,
                                        .network_rtt_us = *f.network_rtt_us,
                                        .network_bandwidth_mbps = *f.network_bandwidth_mbps,
                                        .itl_data = *f.itl_data,
                                        .goodput_flags = parse_goodput_flags(f.goodput),
                                        .sim_metrics = *f.sim_metrics,
                                        .hit_rate_tolerance_pp = *f.hit_rate_tolerance_pp,
                                        .ttft_mape_threshold = *f.ttft_mape_threshold},
                                       diagnostics);
}

}  // namespace

int calibrate_command(Arguments words) {
  const CommandLine<config::CalibrateFlags> line(words);
  if (line.help_requested) return print_help("calibrate");
  const config::CalibrateFlags& flags = line.flags;
  config::require_name({.file = "", .line = 0, .key = "--format"}, "format", *flags.format,
                       config::calibrate_format_names(), /*empty_allowed=*/false);
  Diagnostics diagnostics;
  // A reference switches to the other comparison, which ignores the flags of this one (spec cli 8).
  if (!flags.adapter_reference->empty()) {
    if (flags.format.is_set) diagnostics.warn("--format has no effect with --adapter-reference");
    const std::string report = compare_with_reference(flags, diagnostics);
    log_diagnostics(diagnostics);
    write_file(*flags.report, report);
    return kSuccess;
  }
  const calibrate::CalibrationReport report = compare_with_trace(flags, diagnostics);
  log_diagnostics(diagnostics);
  if (!flags.report->empty()) write_file(*flags.report, calibrate::report_json(report));
  if (*flags.format == "table") print_stdout(calibrate::report_table(report));
  return kSuccess;
}

}  // namespace blis::app
