// What a simulated instance shows to Prometheus, under the names and with the buckets of vLLM, and
// what the gateway in front of them counts.
//
// Times are simulated seconds. SOURCE surfaces 4.3; vllm/v1/metrics/loggers.py for bucket edges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "live/serve/platform.h"

namespace blis::live {

/// A Prometheus histogram with fixed upper edges.
class PrometheusHistogram {
 public:
  explicit PrometheusHistogram(std::vector<double> edges)
      : edges_(std::move(edges)), counts_(edges_.size() + 1) {}
  /// COST O(log edges).
  void observe(double value);
  /// Appends the series; `labels` without braces.
  void write(std::string_view name, std::string_view labels, std::string& out) const;

 private:
  std::vector<double> edges_;
  std::vector<std::int64_t> counts_;  // the last one: above all edges
  std::int64_t total_ = 0;
  double sum_ = 0;
};

/// 1, 2, 5, 10, … up to and including `most`.
std::vector<double> one_two_five(std::int64_t most);

class ServeMetrics {
 public:
  /// `adapter_slots`: LoRA adapters that an instance can hold; 0 = there are none.
  ServeMetrics(std::string model, std::int64_t max_model_len_tokens, std::int64_t adapter_slots = 0)
      : model_(std::move(model)),
        max_model_len_tokens_(max_model_len_tokens),
        adapter_slots_(adapter_slots) {}

  void count_notice(const Notice& notice);
  void count_step(const Platform::Step& step);
  void count_abort(InstanceId instance);
  void count_http(int status);
  /// Of one notice: how long after its time it was handed out, in wall seconds.
  void count_lateness(double seconds_late);

  /// The page. `open_connections` and `streams` are the server's own.
  std::string render(const Platform& platform, std::size_t open_connections) const;

 private:
  struct OfInstance {
    explicit OfInstance(std::int64_t max_model_len_tokens);
    PrometheusHistogram ttft, inter_token, per_output_token, e2e, queued, inference, prefill,
        decode, prompt_tokens, generation_tokens, max_tokens, iteration_tokens;
    std::int64_t prompt_total = 0;
    std::int64_t generated_total = 0;
    std::int64_t cached_total = 0;
    std::int64_t by_length = 0;
    std::int64_t by_stop = 0;
    std::int64_t aborted = 0;
  };
  OfInstance& of(InstanceId instance);
  std::string labels(const Platform& platform, std::size_t instance) const;
  void render_instances(const Platform& platform, std::string& out) const;
  void render_adapters(const Platform& platform, std::string& out) const;
  void render_counters(const Platform& platform, std::string& out) const;
  void render_gateway(const Platform& platform, std::size_t open_connections,
                      std::string& out) const;

  std::string model_;
  std::int64_t max_model_len_tokens_;
  std::int64_t adapter_slots_;
  std::vector<OfInstance> instances_;
  std::vector<std::int64_t> ends_by_reason_;
  PrometheusHistogram lateness_{
      {0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1}};
  std::vector<std::pair<int, std::int64_t>> http_by_status_;
};

}  // namespace blis::live
