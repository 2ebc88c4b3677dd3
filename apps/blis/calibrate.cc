// `blis calibrate`: a real trace against simulated results, or a simulation against published
// figures.

#include <string>

#include "base/error.h"
#include "base/output_file.h"
#include "calibrate/adapter_reference.h"
#include "calibrate/calibration.h"
#include "command.h"
#include "config/flags/command_flags.h"
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

std::string compare_with_trace(const config::CalibrateFlags& f, Diagnostics& diagnostics) {
  require_path("--trace-header", f.trace_header);
  require_path("--trace-data", f.trace_data);
  require_path("--sim-results", f.sim_results);
  require_path("--report", f.report);
  config::check_output_path("--report", *f.report);
  return calibrate::calibrate({.trace_header = *f.trace_header,
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
  Diagnostics diagnostics;
  // A reference switches to the other comparison, which ignores the flags of this one (spec cli 8).
  const std::string report = line.flags.adapter_reference->empty()
                                 ? compare_with_trace(line.flags, diagnostics)
                                 : compare_with_reference(line.flags, diagnostics);
  log_diagnostics(diagnostics);
  write_file(*line.flags.report, report);
  return kSuccess;
}

}  // namespace blis::app
