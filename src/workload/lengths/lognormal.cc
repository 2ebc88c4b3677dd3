// lognormal: round(exp(mu + sigma·z)), clamped where bounds are given, at least 1. One normal draw.

#include <cmath>

#include "random/elementary.h"
#include "workload/length_sampler.h"
#include "workload/lengths/rounding.h"

namespace blis::workload {
namespace {

class LognormalLength final : public LengthSampler {
 public:
  LognormalLength(double mu, double sigma, OptionalBounds bounds)
      : mu_(mu), sigma_(sigma), bounds_(bounds) {}

  std::int64_t sample(random::RandomStream& stream) override {
    const double value = random::exp(mu_ + sigma_ * stream.normal());
    if (!std::isfinite(value)) return bounds_.min > 0 ? bounds_.min : 1;
    return bounds_.clamp(round_length(value));
  }

 private:
  double mu_;
  double sigma_;
  OptionalBounds bounds_;
};

}  // namespace

std::unique_ptr<LengthSampler> make_lognormal_sampler(double mu, double sigma, std::int64_t min,
                                                      std::int64_t max) {
  return std::make_unique<LognormalLength>(mu, sigma, OptionalBounds{min, max});
}

std::unique_ptr<LengthSampler> make_lognormal_length(const DistributionSpec& spec) {
  return std::make_unique<LognormalLength>(param_or_zero(spec, "mu"), param_or_zero(spec, "sigma"),
                                           read_optional_bounds(spec));
}

}  // namespace blis::workload
