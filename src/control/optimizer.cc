#include "control/optimizer.h"

#include <algorithm>
#include <cmath>

namespace blis::control {

#define BLIS_OPTIMIZER(name, factory, help) OptimizerFactory factory;
#include "control/optimizers/optimizers.def"
#undef BLIS_OPTIMIZER

namespace {

constexpr OptimizerEntry kEntries[] = {
#define BLIS_OPTIMIZER(name, factory, help) {name, factory, help},
#include "control/optimizers/optimizers.def"
#undef BLIS_OPTIMIZER
};
static_assert(std::ranges::is_sorted(kEntries, {}, &OptimizerEntry::name));

}  // namespace

std::span<const OptimizerEntry> optimizer_entries() { return kEntries; }

const OptimizerEntry* find_optimizer(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &OptimizerEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

std::int64_t replicas_to_add(double required_tokens, const VariantCapacity& variant) {
  if (variant.replicas <= 0 || variant.supply_tokens <= 0) return 1;
  const double per_replica = variant.supply_tokens / static_cast<double>(variant.replicas);
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(required_tokens / per_replica)));
}

std::int64_t replicas_to_remove(double spare_tokens, const VariantCapacity& variant) {
  if (variant.replicas <= 0) return 0;
  const double per_replica = variant.supply_tokens / static_cast<double>(variant.replicas);
  if (per_replica <= 0) return 1;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(spare_tokens / per_replica)),
                                  1, variant.replicas);
}

std::optional<Decision> shrink_most_expensive(const Assessment& assessment) {
  const VariantCapacity* dearest = nullptr;
  for (const VariantCapacity& v : assessment.variants) {  // ascending by cost, then by variant
    if (v.replicas <= 0) continue;
    if (dearest == nullptr || v.cost_usd_per_hour > dearest->cost_usd_per_hour) dearest = &v;
  }
  if (dearest == nullptr) return std::nullopt;
  return Decision{.model = assessment.model,
                  .variant = dearest->variant,
                  .delta = -replicas_to_remove(assessment.spare_tokens, *dearest),
                  .roles = assessment.roles};
}

}  // namespace blis::control
