#include "report/run_report.h"

#include "report/goodput.h"
#include "report/metrics_json.h"
#include "report/sections.h"

namespace blis::report {
namespace {

std::string metrics_block(std::string_view json) {
  return "=== Simulation Metrics ===\n" + std::string(json) + "\n";
}

void write_cluster(JsonWriter& json, const RunSummary& summary, const ReportOptions& options,
                   bool with_rows) {
  MetricsJsonExtras extras{.with_rows = with_rows,
                           .saturation_labels = &options.saturation_labels,
                           .with_gpu_costs = options.gpu_costs,
                           .with_fleet_counters = true};
  if (summary.result().storage) extras.storage = &*summary.result().storage;
  if (options.goodput_targets.empty()) {
    return write_metrics_json(json, summary, summary.cluster(), extras);
  }
  const Goodput goodput = evaluate_goodput(summary, options.goodput_targets);
  extras.goodput = &goodput;
  write_metrics_json(json, summary, summary.cluster(), extras);
}

}  // namespace

std::string render_stdout(const RunSummary& summary, const ReportOptions& options) {
  std::string out;
  if (options.instance_blocks) {
    for (const MetricsScope& instance : summary.instances()) {
      out += metrics_block(metrics_json(summary, instance, {}));
    }
  }
  JsonWriter cluster;
  write_cluster(cluster, summary, options, /*with_rows=*/false);
  out += metrics_block(cluster.text());
  out += fitness_section(summary.cluster(), options.fitness_weights);
  out += anomaly_section(summary);
  out += kv_section(summary.cluster().totals);
  out += speculation_section(summary.cluster().totals);
  out += storage_section(summary);
  out += slo_section(summary, !options.goodput_targets.empty());
  out += model_section(summary);
  out += tenant_section(summary);
  out += session_section(summary);
  out += disaggregation_section(summary);
  if (options.trace_summary && summary.result().trace_summary) {
    out += trace_section(*summary.result().trace_summary);
  }
  return out;
}

void write_metrics(JsonWriter& json, const RunSummary& summary, const ReportOptions& options) {
  write_cluster(json, summary, options, /*with_rows=*/true);
}

}  // namespace blis::report
