// inventory-blind: grows the cheapest variant, whether or not there are GPUs for it, and shrinks
// the most expensive one.
//
// Variants are those of replicas that serve, so a GPU type without a replica is never opened, and
// one that is used up is asked for again at every tick. SOURCE spec control-plane 7.6.

#include "control/optimizer.h"

namespace blis::control {
namespace {

class InventoryBlind final : public Optimizer {
 public:
  std::vector<Decision> decide(std::span<const Assessment> assessments,
                               const Inventory& /*inventory*/) const override {
    std::vector<Decision> decisions;
    for (const Assessment& a : assessments) {
      if (a.required_tokens > 0) {
        if (a.variants.empty()) continue;
        const VariantCapacity& cheapest = a.variants.front();
        decisions.push_back({.model = a.model,
                             .variant = cheapest.variant,
                             .delta = replicas_to_add(a.required_tokens, cheapest),
                             .roles = a.roles});
      } else if (a.spare_tokens > 0) {
        if (const auto shrink = shrink_most_expensive(a)) decisions.push_back(*shrink);
      }
    }
    return decisions;
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_inventory_blind() { return std::make_unique<InventoryBlind>(); }

}  // namespace blis::control
