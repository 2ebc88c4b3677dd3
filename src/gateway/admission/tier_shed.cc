// tier-shed: while some instance is loaded above the threshold, only classes of the minimum
// priority get in. SOURCE spec data-plane 8.2. Law: data-plane L16.

#include <algorithm>

#include "gateway/admission_policy.h"

namespace blis::gateway {
namespace {

class TierShed final : public AdmissionPolicy {
 public:
  explicit TierShed(const TierShedConfig& config) : config_(config) {}

  AdmissionDecision decide(const RouteQuery& query, const RouterState& state) override {
    std::int64_t load = 0;
    for (const InstanceSignals& candidate : state.candidates) {
      load = std::max(load, effective_load(candidate));
    }
    AdmissionDecision decision;
    if (load <= config_.load_threshold || query.priority >= config_.min_priority) return decision;
    decision.admitted = false;
    decision.reason = AdmissionReason::kTierShed;
    decision.priority = query.priority;
    decision.min_priority = config_.min_priority;
    decision.load = load;
    return decision;
  }
  bool reads_signals() const override { return true; }

 private:
  TierShedConfig config_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_tier_shed(const AdmissionConfig& config,
                                                const ScriptContext& /*script*/) {
  return std::make_unique<TierShed>(config.tier_shed);
}

}  // namespace blis::gateway
