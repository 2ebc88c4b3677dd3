// pareto_lognormal: with probability mix_weight the heavy tail xm / u^(1/alpha), else exp(mu +
// sigma·z); rounded, at least 1. Two draws each time.

#include <algorithm>
#include <cmath>
#include <limits>

#include "random/elementary.h"
#include "workload/length_sampler.h"
#include "workload/lengths/rounding.h"

namespace blis::workload {
namespace {

class ParetoLognormalLength final : public LengthSampler {
 public:
  explicit ParetoLognormalLength(const DistributionSpec& spec)
      : alpha_(param_or_zero(spec, "alpha")),
        xm_(param_or_zero(spec, "xm")),
        mu_(param_or_zero(spec, "mu")),
        sigma_(param_or_zero(spec, "sigma")),
        mix_weight_(param_or_zero(spec, "mix_weight")) {}

  std::int64_t sample(random::RandomStream& stream) override {
    const double value =
        stream.float64() < mix_weight_ ? draw_pareto(stream) : draw_lognormal(stream);
    if (!std::isfinite(value)) return 1;
    return std::max<std::int64_t>(1, round_length(value));
  }

 private:
  double draw_pareto(random::RandomStream& stream) const {
    double u = stream.float64();
    if (u == 0) u = std::numeric_limits<double>::denorm_min();
    return xm_ / random::pow(u, 1.0 / alpha_);
  }
  double draw_lognormal(random::RandomStream& stream) const {
    return random::exp(mu_ + sigma_ * stream.normal());
  }

  double alpha_;
  double xm_;
  double mu_;
  double sigma_;
  double mix_weight_;
};

}  // namespace

std::unique_ptr<LengthSampler> make_pareto_lognormal_length(const DistributionSpec& spec) {
  return std::make_unique<ParetoLognormalLength>(spec);
}

}  // namespace blis::workload
