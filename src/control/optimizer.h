// Optimizers: how many replicas of which variant each model should gain or lose.
//
// To add one: optimizers/<name>.cc, a row in optimizers/optimizers.def, a test, a row in
// docs/control-plane.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "control/signals.h"

namespace blis::control {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// ENSURES  at most one decision per assessment, in their order; delta != 0 and -delta <= the
  /// variant's replicas.
  virtual std::vector<Decision> decide(std::span<const Assessment> assessments,
                                       const Inventory& inventory) const = 0;
};

using OptimizerFactory = std::unique_ptr<Optimizer>();

struct OptimizerEntry {
  std::string_view name;
  OptimizerFactory* make;
  std::string_view help;
};

std::span<const OptimizerEntry> optimizer_entries();  ///< ascending by name
/// nullptr if there is no such optimizer.
const OptimizerEntry* find_optimizer(std::string_view name);

/// Replicas of the variant that bring `required_tokens`, at least 1. A variant without replicas
/// has no known size and counts as enough. SOURCE spec control-plane 7.6.
std::int64_t replicas_to_add(double required_tokens, const VariantCapacity& variant);
/// Replicas of the variant that fit into `spare_tokens`, in [1, its replicas]; 0 if it has none.
std::int64_t replicas_to_remove(double spare_tokens, const VariantCapacity& variant);
/// What all members do with spare capacity: take it from the most expensive variant that has
/// replicas, the first by GPU type and size among equals. nullopt if no variant has any. REQUIRES
/// spare_tokens > 0.
std::optional<Decision> shrink_most_expensive(const Assessment& assessment);

}  // namespace blis::control
