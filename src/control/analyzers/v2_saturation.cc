// v2-saturation: tokens that are in the KV caches or wait for them, against what the caches may
// hold.
//
//   supply of a replica = capacity * kv_threshold
//   demand of a replica = tokens in use + waiting * avg_input                 [tokens]
//   required = demand / up_threshold - (supply + pending * kv_threshold)      if > 0
//   spare    = supply - demand / down_boundary                               if > 0, and the rest
//              would do without the largest replica
//
// NOT MODELLED  limits of compute; what waits at the gateway or is under way; the growth of running
// requests. SOURCE spec control-plane 7.4; llm-d's workload-variant-autoscaler, second generation.

#include <algorithm>
#include <tuple>

#include "control/analyzer.h"

namespace blis::control {
namespace {

class V2Saturation final : public Analyzer {
 public:
  explicit V2Saturation(const AnalyzerConfig& config) : config_(config) {}

  Assessment assess(const ModelSignals& signals) const override {
    Assessment a;
    a.model = signals.model;
    if (signals.replicas.empty()) return a;
    a.variants = variants_of(signals.replicas);

    std::int64_t replicas = 0;
    double largest_replica = 0.0;
    for (const VariantCapacity& variant : a.variants) {
      a.supply_tokens += variant.supply_tokens;
      a.demand_tokens += variant.demand_tokens;
      replicas += variant.replicas;
      largest_replica =
          std::max(largest_replica, variant.supply_tokens / static_cast<double>(variant.replicas));
    }
    if (a.supply_tokens > 0) a.utilization = a.demand_tokens / a.supply_tokens;

    const double pending =
        signals.pending_kv_tokens > 0
            ? static_cast<double>(signals.pending_kv_tokens) * config_.kv_cache_threshold_ratio
            : 0.0;
    const double required =
        (a.demand_tokens / config_.scale_up_threshold) - (a.supply_tokens + pending);
    if (required > 0) {
      a.required_tokens = required;
      return a;
    }
    // Supply to come dampens growth only: what may be spared is judged by what serves now.
    const double wanted = a.demand_tokens / config_.scale_down_boundary;
    const double spare = a.supply_tokens - wanted;
    if (replicas > 1 && spare > 0 && a.supply_tokens - largest_replica > wanted) {
      a.spare_tokens = spare;
    }
    return a;
  }

 private:
  std::vector<VariantCapacity> variants_of(const std::vector<ReplicaReport>& replicas) const {
    std::vector<VariantCapacity> variants;
    for (const ReplicaReport& replica : replicas) {
      if (replica.kv_tokens <= 0) continue;  // has not reported yet
      auto found = std::ranges::find(variants, replica.variant, &VariantCapacity::variant);
      if (found == variants.end()) {
        found = variants.insert(variants.end(),
                                VariantCapacity{.variant = replica.variant,
                                                .cost_usd_per_hour = replica.cost_usd_per_hour});
      }
      found->supply_tokens +=
          static_cast<double>(replica.kv_tokens) * config_.kv_cache_threshold_ratio;
      found->demand_tokens +=
          static_cast<double>(replica.kv_tokens_in_use) +
          static_cast<double>(replica.waiting_requests) * config_.avg_input_tokens;
      ++found->replicas;
    }
    std::ranges::sort(variants, [](const VariantCapacity& a, const VariantCapacity& b) {
      return std::tie(a.cost_usd_per_hour, a.variant) < std::tie(b.cost_usd_per_hour, b.variant);
    });
    return variants;
  }

  AnalyzerConfig config_;
};

}  // namespace

std::unique_ptr<Analyzer> make_v2_saturation(const AnalyzerConfig& config) {
  return std::make_unique<V2Saturation>(config);
}

}  // namespace blis::control
