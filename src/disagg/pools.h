// Which instance plays which part. SOURCE spec disaggregation 2.2, 3.1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/signals.h"

namespace blis::disagg {

/// Sizes of the pools, in the order in which instances are dealt out to them: [0, prefill) prefill,
/// then decode, shared (both at once), encode; whoever is left has no role and gets no traffic
/// while pools exist.
struct PoolSizes {
  std::int64_t prefill = 0;
  std::int64_t decode = 0;
  std::int64_t shared = 0;
  std::int64_t encode = 0;

  bool any() const { return prefill > 0 || decode > 0 || shared > 0 || encode > 0; }
  /// Routing goes through pools. An encode pool alone does not exist.
  bool are_active() const { return prefill > 0 || decode > 0 || shared > 0; }
};

/// Role of the instance with this index; never changes during a run.
inline gateway::PoolRoles role_of(const PoolSizes& pools, std::size_t instance) {
  auto rest = static_cast<std::int64_t>(instance);
  if (rest < pools.prefill) return gateway::kPrefillRole;
  rest -= pools.prefill;
  if (rest < pools.decode) return gateway::kDecodeRole;
  rest -= pools.decode;
  if (rest < pools.shared) return gateway::kSharedRole;
  rest -= pools.shared;
  return rest < pools.encode ? gateway::kEncodeRole : gateway::kNoRole;
}

}  // namespace blis::disagg
