// Scaling policies: how many replicas there should be, once per tick.
//
// `saturation-pipeline` is the reference's: collect -> analyze -> optimize -> stabilise. `hpa`
// works as a Kubernetes HorizontalPodAutoscaler does. To add one: scaling_policies/<name>.cc, a row
// in scaling_policies/scaling_policies.def, a test, a row in docs/control-plane.md.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "control/control_config.h"
#include "control/signals.h"
#include "control/target_state.h"

namespace blis::control {

class ScalingPolicy {
 public:
  virtual ~ScalingPolicy() = default;
  /// To be called at every tick, also when nothing is wrong: some policies remember.
  /// `targets` are those of the configuration, in its order; empty: all replicas are one group
  /// without limits. Limits need not be kept here: Autoscaler does it.
  virtual std::vector<Decision> decide(const FleetReport& report,
                                       std::span<const TargetState> targets) = 0;
};

using ScalingPolicyFactory = std::unique_ptr<ScalingPolicy>(const AutoscalerConfig&);

struct ScalingPolicyEntry {
  std::string_view name;  ///< as written in `autoscaler.policy`
  ScalingPolicyFactory* make;
  std::string_view help;
};

std::span<const ScalingPolicyEntry> scaling_policy_entries();  ///< ascending by name
/// nullptr if there is no such policy.
const ScalingPolicyEntry* find_scaling_policy(std::string_view name);

}  // namespace blis::control
