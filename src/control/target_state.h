// Where a scale target stands during a run.
#pragma once

#include <cstdint>
#include <optional>

#include "base/micros.h"
#include "control/scale_target.h"
#include "control/signals.h"

namespace blis::control {

struct TargetState {
  gateway::PoolRoles roles = gateway::kNoRole;
  std::int64_t min_replicas = 1;  ///< scheduled actions change the limits
  std::int64_t max_replicas = 1;
  std::optional<std::int64_t> scheduled{};  ///< asked for by a scheduled action at this tick
  std::int64_t desired = 0;  ///< what was last asked for, carried out or still under way
  Micros last_active{};      ///< when there was last something to do

  bool includes(gateway::PoolRoles replica) const {
    return roles == gateway::kNoRole || roles == replica;
  }
  /// The least number of replicas of a target that has work.
  std::int64_t least_when_active() const { return min_replicas > 1 ? min_replicas : 1; }
};

}  // namespace blis::control
