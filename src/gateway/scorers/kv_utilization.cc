// kv-utilization: the emptiest KV cache:  1 - blocks in use / all blocks.
// SOURCE spec data-plane 12; llm-d's KV-cache utilisation scorer.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class KvUtilization final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      scores[i] = 1.0 - candidates[i].kv_utilization_ratio;
    }
  }
};

}  // namespace

std::unique_ptr<Scorer> make_kv_utilization(const ScorerContext& /*context*/) {
  return std::make_unique<KvUtilization>();
}

}  // namespace blis::gateway
