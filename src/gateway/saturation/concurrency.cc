// concurrency: requests in flight against a limit per instance; 1 if nobody can take requests.
// Never stale, since the gateway counts them itself. SOURCE spec data-plane 10.7.

#include "gateway/saturation_detector.h"

namespace blis::gateway {
namespace {

class Concurrency final : public SaturationDetector {
 public:
  explicit Concurrency(const SaturationConfig& config) : max_concurrency_(config.max_concurrency) {}

  double saturation(const RouterState& state) const override {
    if (state.candidates.empty()) return 1.0;
    std::int64_t in_flight = 0;
    for (const InstanceSignals& candidate : state.candidates)
      in_flight += candidate.in_flight_requests;
    const auto limit = static_cast<std::int64_t>(state.candidates.size()) * max_concurrency_;
    return static_cast<double>(in_flight) / static_cast<double>(limit);
  }

 private:
  std::int64_t max_concurrency_;
};

}  // namespace

std::unique_ptr<SaturationDetector> make_concurrency_detector(const SaturationConfig& config) {
  return std::make_unique<Concurrency>(config);
}

}  // namespace blis::gateway
