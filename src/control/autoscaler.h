// The autoscaler: a scaling policy's decisions, kept within the limits of the scale targets.
//
// Without targets what the policy decides passes as it is, which is the reference. With targets
// every decision becomes a number of replicas to arrive at, within min and max, so that what is
// under way is not asked for twice; and a target whose minimum is 0 sleeps when nothing has
// happened for its idle timeout, and wakes when requests wait at the gateway or were turned away.
// Knows no events: whoever runs the clock calls tick() every interval and carries the plan out at
// its time. SOURCE spec control-plane 7, 14.1 (1, 4, 16).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "control/control_config.h"
#include "control/scaling_policy.h"
#include "control/signals.h"
#include "control/target_state.h"
#include "random/random_stream.h"

namespace blis::control {

class Autoscaler {
 public:
  /// REQUIRES its policy, analyzer and optimizer exist; targets have different roles, 0 <= min <=
  /// max >= 1, no other target if one is for all roles, and every scheduled action has a target.
  /// `seed` is the run's.
  Autoscaler(const AutoscalerConfig& config, std::int64_t seed);

  struct Plan {
    std::vector<Decision> decisions;  ///< empty: there is nothing to do
    Micros at;                        ///< when to carry them out
  };
  /// Draws from the stream only if there is something to do.
  Plan tick(const FleetReport& report);

  const std::vector<TargetState>& targets() const { return targets_; }

 private:
  void note_activity(const FleetReport& report);
  /// Carries out what is due of the schedule.
  void follow_schedule(Micros now);
  void carry_out(const ScheduledAction& action, Micros now);
  std::vector<Decision> within_limits(const FleetReport& report,
                                      const std::vector<Decision>& wanted);
  std::int64_t limited(const TargetState& target, std::int64_t wanted, const FleetReport& report,
                       Micros idle_timeout) const;

  AutoscalerConfig config_;
  std::unique_ptr<ScalingPolicy> policy_;
  random::RandomStream stream_;
  std::vector<TargetState> targets_;
  std::vector<std::optional<Micros>> next_action_;  // by scheduled action; absent: done
  bool has_started_ = false;
};

}  // namespace blis::control
