// lora-affinity: instances on which the request's adapter is resident; no preference if it is
// nowhere, everywhere or not needed. SOURCE spec data-plane 12; llm-d's LoRA affinity.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class LoraAffinity final : public Scorer {
 public:
  void score(const RouteQuery& query, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    std::size_t residents = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const std::span<const Symbol> resident = candidates[i].details->resident_adapters;
      const bool has_adapter =
          std::find(resident.begin(), resident.end(), query.adapter) != resident.end();
      scores[i] = has_adapter ? 1.0 : 0.0;
      residents += has_adapter ? 1 : 0;
    }
    const bool has_no_preference =
        query.adapter == SymbolTable::empty() || residents == 0 || residents == candidates.size();
    if (has_no_preference) std::fill(scores.begin(), scores.end(), 1.0);
  }
};

}  // namespace

std::unique_ptr<Scorer> make_lora_affinity(const ScorerContext& /*context*/) {
  return std::make_unique<LoraAffinity>();
}

}  // namespace blis::gateway
