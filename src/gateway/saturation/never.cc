// never: the cluster has room, whatever its signals say. SOURCE spec data-plane 10.7.

#include "gateway/saturation_detector.h"

namespace blis::gateway {
namespace {

class Never final : public SaturationDetector {
 public:
  double saturation(const RouterState& /*state*/) const override { return 0.0; }
  bool reads_signals() const override { return false; }
};

}  // namespace

std::unique_ptr<SaturationDetector> make_never_detector(const SaturationConfig& /*config*/) {
  return std::make_unique<Never>();
}

}  // namespace blis::gateway
