// gaie-legacy: sheddable classes get in only while the candidates' mean utilisation is below 1,
// everybody else always. SOURCE spec data-plane 8.3; the saturation check of early Gateway API
// Inference Extension releases.

#include "gateway/admission_policy.h"
#include "gateway/saturation_detector.h"

namespace blis::gateway {
namespace {

constexpr GaieLegacyConfig kDefaults;

class GaieLegacy final : public AdmissionPolicy {
 public:
  explicit GaieLegacy(const GaieLegacyConfig& config)
      : queue_depth_threshold_(config.queue_depth_threshold == 0 ? kDefaults.queue_depth_threshold
                                                                 : config.queue_depth_threshold),
        kv_utilization_threshold_(config.kv_utilization_threshold == 0
                                      ? kDefaults.kv_utilization_threshold
                                      : config.kv_utilization_threshold) {}

  AdmissionDecision decide(const RouteQuery& query, const RouterState& state) override {
    AdmissionDecision decision;
    if (!query.is_sheddable()) return decision;
    const double saturation =
        mean_utilization(state.candidates, queue_depth_threshold_, kv_utilization_threshold_);
    if (saturation < 1.0) return decision;
    decision.admitted = false;
    decision.reason = AdmissionReason::kGaieSaturated;
    decision.saturation = saturation;
    return decision;
  }
  bool reads_signals() const override { return true; }

 private:
  double queue_depth_threshold_;
  double kv_utilization_threshold_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_gaie_legacy(const AdmissionConfig& config,
                                                  const ScriptContext& /*script*/) {
  return std::make_unique<GaieLegacy>(config.gaie_legacy);
}

}  // namespace blis::gateway
