// exponential: round(e·mean), clamped where bounds are given, at least 1. One exponential draw.

#include "workload/length_sampler.h"
#include "workload/lengths/rounding.h"

namespace blis::workload {
namespace {

class ExponentialLength final : public LengthSampler {
 public:
  explicit ExponentialLength(const DistributionSpec& spec)
      : mean_(param_or_zero(spec, "mean")), bounds_(read_optional_bounds(spec)) {}

  std::int64_t sample(random::RandomStream& stream) override {
    return bounds_.clamp(round_length(stream.exponential() * mean_));
  }

 private:
  double mean_;
  OptionalBounds bounds_;
};

}  // namespace

std::unique_ptr<LengthSampler> make_exponential_length(const DistributionSpec& spec) {
  return std::make_unique<ExponentialLength>(spec);
}

}  // namespace blis::workload
