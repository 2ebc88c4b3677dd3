// What the replay made of each request: the file of --results-path. SOURCE spec cli 13.3,
// traces 10.1.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace blis::calibrate {

struct SimResult {
  std::int64_t request_id = 0;
  double ttft_us = 0;
  double e2e_us = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  double itl_mean_us = 0;
  std::string slo_class{};
  std::string model{};
};

/// By request id; of several results of one id the last counts.
using SimResults = std::unordered_map<std::int64_t, SimResult>;

/// THROWS DataError if the file is not an array of results, or empty.
SimResults load_sim_results(const std::string& file);

/// What calibration reads of a file of --metrics-path.
struct SimMetrics {
  double ttft_mean_ms = 0;
  double total_output_tokens = 0;
  double duration_s = 0;
  bool has_cache_hit_rate = false;
  double cache_hit_rate = 0;
};
SimMetrics load_sim_metrics(const std::string& file);

}  // namespace blis::calibrate
