// gaussian: round(z·std_dev + mean) clamped to [min, max], at least 1. One normal draw.
//
// min = max is the exception: that number as it stands, even 0, and no draw.

#include <algorithm>
#include <cmath>

#include "workload/length_sampler.h"
#include "workload/lengths/rounding.h"

namespace blis::workload {
namespace {

class GaussianLength final : public LengthSampler {
 public:
  explicit GaussianLength(const DistributionSpec& spec)
      : mean_(param_or_zero(spec, "mean")),
        std_dev_(param_or_zero(spec, "std_dev")),
        min_(integer_param(spec, "min")),
        max_(integer_param(spec, "max")) {}

  std::int64_t sample(random::RandomStream& stream) override {
    if (min_ == max_) return min_;
    const double value = stream.normal() * std_dev_ + mean_;
    if (std::isnan(value)) return 1;
    const double clamped =
        std::min(static_cast<double>(max_), std::max(static_cast<double>(min_), value));
    return std::max<std::int64_t>(1, round_length(clamped));
  }

 private:
  double mean_;
  double std_dev_;
  std::int64_t min_;
  std::int64_t max_;
};

}  // namespace

std::unique_ptr<LengthSampler> make_gaussian_length(const DistributionSpec& spec) {
  return std::make_unique<GaussianLength>(spec);
}

}  // namespace blis::workload
