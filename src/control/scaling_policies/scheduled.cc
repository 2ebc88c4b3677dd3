// scheduled: nothing but limits, sleep and scheduled actions moves the number of replicas. An
// extension, for fleets that are scaled by the clock alone.

#include "control/scaling_policy.h"

namespace blis::control {
namespace {

class Scheduled final : public ScalingPolicy {
 public:
  std::vector<Decision> decide(const FleetReport& /*report*/,
                               std::span<const TargetState> /*targets*/) override {
    return {};
  }
};

}  // namespace

std::unique_ptr<ScalingPolicy> make_scheduled(const AutoscalerConfig& /*config*/) {
  return std::make_unique<Scheduled>();
}

}  // namespace blis::control
