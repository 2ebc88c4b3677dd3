// What `run` and `replay` print and write. The order of the sections on stdout is decided in
// run_report.cc.
//
//   const RunSummary summary(result);
//   print(render_stdout(summary, options));
//   write_metrics(json, summary, options);
//   write_results(other_json, summary);
//
// SOURCE spec engine 14, cli 12-13, data-plane 17.4.
#pragma once

#include <map>
#include <string>

#include "base/json_writer.h"
#include "report/fitness.h"
#include "report/run_summary.h"
#include "trace/goodput_targets.h"

namespace blis::report {

struct ReportOptions {
  bool instance_blocks = false;  ///< --num-instances > 1: one metrics block per instance first
  trace::GoodputTargets goodput_targets{};  ///< merged; empty = off
  std::map<std::string, std::string>
      saturation_labels{};  ///< detector -> final label; empty = no detectors, or no events
  FitnessWeights fitness_weights{};  ///< empty = off; `run` only
  bool gpu_costs = false;            ///< --gpu-costs
  bool trace_summary = false;        ///< --summarize-trace; printed only if decisions were traced
};

/// Everything that goes to stdout, with its final newline.
std::string render_stdout(const RunSummary& summary, const ReportOptions& options);

/// The file of --metrics-path: the cluster's object with `cache_hit_rate` and one row per request.
/// No final newline. Rows are ordered by arrival with the unstable sort of spec engine 16.8,
/// starting from the order of names.
void write_metrics(JsonWriter& json, const RunSummary& summary, const ReportOptions& options);

/// The file of --results-path: what calibrate compares with a real trace, ascending by number. No
/// final newline. Holds requests that completed and whose name ends in a plain number after one
/// leading `request_`; follow-ups of sessions are therefore left out.
void write_results(JsonWriter& json, const RunSummary& summary);

}  // namespace blis::report
