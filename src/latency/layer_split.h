// How many layers of a model are MoE and how many dense, as step times see it.
#pragma once

#include <cstdint>

#include "model/architecture.h"

namespace blis::latency {

struct LayerSplit {
  std::int64_t moe = 0;
  std::int64_t dense = 0;
};

/// All layers are MoE unless `interleave_moe_layer_step` s > 0; then floor(L / (s + 1)) are.
///
/// Upstream the key means "every s-th layer", so s = 1 makes all layers MoE there: spec latency
/// BUG-4, reproduced because the coefficients were fitted on this reading. `first_k_dense_replace`
/// is not looked at. SOURCE spec latency 2.4.
inline LayerSplit split_layers(const model::Architecture& architecture) {
  const std::int64_t layers = architecture.num_layers;
  if (!architecture.is_moe()) return {.moe = 0, .dense = layers};
  const std::int64_t step = architecture.interleave_moe_step;
  if (step <= 0) return {.moe = layers, .dense = 0};
  // A step that no model can have (2^63 - 1) would overflow the sum; it exceeds L anyway.
  const std::int64_t moe = step >= layers ? 0 : layers / (step + 1);
  return {.moe = moe, .dense = layers - moe};
}

}  // namespace blis::latency
