// utilization: the mean over instances of the fuller of their queue and their KV cache, each
// against its threshold. SOURCE spec data-plane 10.7; the Gateway API Inference Extension's
// saturation detector.

#include "gateway/saturation_detector.h"

namespace blis::gateway {
namespace {

class Utilization final : public SaturationDetector {
 public:
  explicit Utilization(const SaturationConfig& config) : config_(config) {}

  double saturation(const RouterState& state) const override {
    return mean_utilization(state.candidates, config_.queue_depth_threshold,
                            config_.kv_utilization_threshold);
  }

 private:
  SaturationConfig config_;
};

}  // namespace

std::unique_ptr<SaturationDetector> make_utilization_detector(const SaturationConfig& config) {
  return std::make_unique<Utilization>(config);
}

}  // namespace blis::gateway
