#include "calibrate/sim_results.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "calibrate/json_input.h"

namespace blis::calibrate {

SimResults load_sim_results(const std::string& file) {
  const Json document = load_json(file);
  const InputLocation where{.file = file, .line = 0, .key = ""};
  if (!document.is_array()) throw DataError(where, "expected an array of simulated requests");
  if (document.empty()) throw DataError(where, "holds no simulated request");
  SimResults results;
  results.reserve(document.size());
  for (std::size_t i = 0; i < document.size(); ++i) {
    const JsonFields fields(document[i], file, fmt::format("[{}]", i));
    SimResult result;
    fields.read("request_id", result.request_id);
    fields.read("ttft_us", result.ttft_us);
    fields.read("e2e_us", result.e2e_us);
    fields.read("input_tokens", result.input_tokens);
    fields.read("output_tokens", result.output_tokens);
    fields.read("itl_mean_us", result.itl_mean_us);
    fields.read("slo_class", result.slo_class);
    fields.read("model", result.model);
    results.insert_or_assign(result.request_id, std::move(result));
  }
  return results;
}

SimMetrics load_sim_metrics(const std::string& file) {
  const Json document = load_json(file);
  const JsonFields fields(document, file, "");
  SimMetrics metrics;
  std::int64_t output_tokens = 0;
  fields.read("ttft_mean_ms", metrics.ttft_mean_ms);
  fields.read("total_output_tokens", output_tokens);
  fields.read("vllm_estimated_duration_s", metrics.duration_s);
  metrics.total_output_tokens = static_cast<double>(output_tokens);
  metrics.has_cache_hit_rate = fields.find("cache_hit_rate") != nullptr;
  fields.read("cache_hit_rate", metrics.cache_hit_rate);
  return metrics;
}

}  // namespace blis::calibrate
