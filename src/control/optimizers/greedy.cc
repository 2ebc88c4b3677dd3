// greedy: grows the cheapest variant that has enough free GPUs for all that is needed, or none.
//
// Free GPUs are counted per type, wherever they are, and not taken off between groups: two groups
// may be promised the same GPUs, and two free GPUs on two machines pass for a place of an instance
// of two [BUG, spec control-plane 14.1]. placement-aware is without these faults. SOURCE spec
// control-plane 7.6; the reference has it, out of reach of its users.

#include <algorithm>

#include "control/optimizer.h"

namespace blis::control {
namespace {

class Greedy final : public Optimizer {
 public:
  std::vector<Decision> decide(std::span<const Assessment> assessments,
                               const Inventory& inventory) const override {
    std::vector<Decision> decisions;
    for (const Assessment& a : assessments) {
      if (a.required_tokens > 0) {
        for (const VariantCapacity& v : a.variants) {  // cheapest first
          const std::int64_t replicas = replicas_to_add(a.required_tokens, v);
          const std::int64_t gpus = std::max<std::int64_t>(1, replicas * v.variant.tensor_parallel);
          if (inventory.free_gpus(v.variant.gpu_type) < gpus) continue;
          decisions.push_back(
              {.model = a.model, .variant = v.variant, .delta = replicas, .roles = a.roles});
          break;
        }
      } else if (a.spare_tokens > 0) {
        if (const auto shrink = shrink_most_expensive(a)) decisions.push_back(*shrink);
      }
    }
    return decisions;
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_greedy() { return std::make_unique<Greedy>(); }

}  // namespace blis::control
