// inventory-blind: grows the cheapest variant, whether or not there are GPUs for it, and shrinks
// the most expensive one.
//
// Variants are those of replicas that serve, so a GPU type without a replica is never opened, and
// one that is used up is asked for again at every tick. SOURCE spec control-plane 7.6.

#include <algorithm>

#include "control/optimizer.h"

namespace blis::control {
namespace {

/// The most expensive variant that has replicas; the first by GPU type and size among equals.
const VariantCapacity* most_expensive(const std::vector<VariantCapacity>& variants) {
  const VariantCapacity* best = nullptr;
  for (const VariantCapacity& variant : variants) {  // ascending by cost, then by variant
    if (variant.replicas <= 0) continue;
    if (best == nullptr || variant.cost_usd_per_hour > best->cost_usd_per_hour) best = &variant;
  }
  return best;
}

class InventoryBlind final : public Optimizer {
 public:
  std::vector<Decision> decide(std::span<const Assessment> assessments) const override {
    std::vector<Decision> decisions;
    for (const Assessment& a : assessments) {
      if (a.required_tokens > 0) {
        if (a.variants.empty()) continue;
        const VariantCapacity& cheapest = a.variants.front();
        decisions.push_back({.model = a.model,
                             .variant = cheapest.variant,
                             .delta = replicas_to_add(a.required_tokens, cheapest)});
      } else if (a.spare_tokens > 0) {
        const VariantCapacity* victim = most_expensive(a.variants);
        if (victim == nullptr) continue;
        decisions.push_back({.model = a.model,
                             .variant = victim->variant,
                             .delta = -replicas_to_remove(a.spare_tokens, *victim)});
      }
    }
    return decisions;
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_inventory_blind() { return std::make_unique<InventoryBlind>(); }

}  // namespace blis::control
