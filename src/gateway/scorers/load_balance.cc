// load-balance: 1 / (1 + effective load), the same on every decision.
// SOURCE spec data-plane 12.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class LoadBalance final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      scores[i] = 1.0 / (1.0 + static_cast<double>(effective_load(candidates[i])));
    }
  }
};

}  // namespace

std::unique_ptr<Scorer> make_load_balance(const ScorerContext& /*context*/) {
  return std::make_unique<LoadBalance>();
}

}  // namespace blis::gateway
