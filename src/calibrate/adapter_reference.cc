#include "calibrate/adapter_reference.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/json_writer.h"
#include "calibrate/json_input.h"
#include "calibrate/sim_results.h"

namespace blis::calibrate {
namespace {

struct Figures {
  double ttft_ms = 0;
  double throughput = 0;  ///< output tokens per second
};

struct Reference {
  std::string model;
  Figures aware, blind;
};

Figures read_figures(const JsonFields& fields, std::string_view key) {
  Figures figures;
  if (const Json* block = fields.find(key)) {
    const JsonFields inner(*block, fields.file(), fields.path_of(key));
    inner.read("ttft", figures.ttft_ms);
    inner.read("output_throughput", figures.throughput);
    double total_throughput = 0;
    inner.read("total_throughput", total_throughput);  // must be a number, has no effect
  }
  return figures;
}

Reference load_reference(const std::string& file) {
  const Json document = load_json(file);
  const JsonFields fields(document, file, "");
  Reference reference;
  fields.read("model", reference.model);
  reference.aware = read_figures(fields, "adapter_aware");
  reference.blind = read_figures(fields, "adapter_blind");
  if (!(reference.aware.ttft_ms > 0) || !(reference.aware.throughput > 0)) {
    throw DataError({.file = file, .line = 0, .key = "adapter_aware"},
                    "ttft and output_throughput must be above 0");
  }
  return reference;
}

Figures load_figures(const std::string& metrics_file) {
  const SimMetrics metrics = load_sim_metrics(metrics_file);
  if (!(metrics.duration_s > 0)) {
    throw DataError({.file = metrics_file, .line = 0, .key = "vllm_estimated_duration_s"},
                    "must be above 0");
  }
  return {metrics.ttft_mean_ms, metrics.total_output_tokens / metrics.duration_s};
}

double relative_error(double sim, double reference) {
  return std::abs(sim - reference) / std::abs(reference);
}

struct MetricComparison {
  std::string_view name;
  double reference = 0;
  double sim = 0;
  double mape = 0;
  bool within = false;
  std::optional<double> delta_mape;  ///< error of the ratio with / without adapters
};

struct Blind {
  double reference = 0;
  double sim = 0;
};

MetricComparison compare_metric(std::string_view name, double reference, double sim,
                                const std::optional<Blind>& blind, double threshold) {
  MetricComparison c{.name = name, .reference = reference, .sim = sim, .delta_mape = std::nullopt};
  c.mape = relative_error(sim, reference);
  c.within = c.mape <= threshold;
  if (blind && blind->sim != 0 && blind->reference != 0) {
    c.delta_mape = relative_error(sim / blind->sim, reference / blind->reference);
  }
  return c;
}

std::string report_of(const Reference& reference, double threshold,
                      const std::vector<MetricComparison>& metrics) {
  bool all_within = true;
  JsonWriter json;
  json.begin_object();
  json.member("model", reference.model);
  json.member("mape_threshold", threshold);
  json.key("metrics");
  json.begin_array();
  for (const MetricComparison& c : metrics) {
    all_within &= c.within;
    json.begin_object();
    json.member("metric", c.name);
    json.member("dt_value", c.reference);
    json.member("blis_value", c.sim);
    json.member("mape", c.mape);
    json.member("within_threshold", c.within);
    if (c.delta_mape) json.member("delta_mape", *c.delta_mape);
    json.end_object();
  }
  json.end_array();
  json.member("all_within_threshold", all_within);
  json.end_object();
  return json.text();
}

}  // namespace

std::string compare_adapter_reference(const AdapterReferenceOptions& options,
                                      Diagnostics& diagnostics) {
  if (!std::isfinite(options.mape_threshold) || options.mape_threshold <= 0) {
    throw ConfigError({.file = "", .line = 0, .key = "--adapter-mape-threshold"},
                      fmt::format("{} must be finite and above 0", options.mape_threshold));
  }
  const Reference reference = load_reference(options.reference);
  const Figures sim = load_figures(options.sim_metrics);
  std::optional<Blind> blind_ttft;
  std::optional<Blind> blind_throughput;
  if (!options.sim_metrics_blind.empty()) {
    const Figures blind = load_figures(options.sim_metrics_blind);
    blind_ttft = Blind{reference.blind.ttft_ms, blind.ttft_ms};
    blind_throughput = Blind{reference.blind.throughput, blind.throughput};
  }
  const std::vector<MetricComparison> metrics = {
      compare_metric("ttft", reference.aware.ttft_ms, sim.ttft_ms, blind_ttft,
                     options.mape_threshold),
      compare_metric("throughput", reference.aware.throughput, sim.throughput, blind_throughput,
                     options.mape_threshold)};
  for (const MetricComparison& c : metrics) {
    if (!c.within) {
      diagnostics.warn(fmt::format("{} is off by a fraction of {:.4f}, more than {}", c.name,
                                   c.mape, options.mape_threshold));
    }
  }
  return report_of(reference, options.mape_threshold, metrics);
}

}  // namespace blis::calibrate
