// Changes of a scale target that are known in advance: more replicas before the morning, none at
// night. An extension, modelled on the scheduled actions of cloud autoscalers; like them it is
// carried out by the first tick at or after its time.
#pragma once

#include <cstdint>
#include <optional>

#include "base/micros.h"
#include "gateway/signals.h"

namespace blis::control {

struct ScheduledAction {
  Micros at{};                                  ///< the first time
  Micros every{};                               ///< again after this; 0 = once
  gateway::PoolRoles roles = gateway::kNoRole;  ///< of the target
  // What is absent stays as it is. A minimum above the present maximum raises that, and the other
  // way round.
  std::optional<std::int64_t> min_replicas{};
  std::optional<std::int64_t> max_replicas{};
  std::optional<std::int64_t> desired_replicas{};  ///< once; the policy goes on from there
};

}  // namespace blis::control
