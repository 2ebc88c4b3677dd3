// constant: max(1, value), drawn from nothing.

#include <algorithm>

#include "workload/length_sampler.h"
#include "workload/lengths/rounding.h"

namespace blis::workload {
namespace {

class ConstantLength final : public LengthSampler {
 public:
  explicit ConstantLength(std::int64_t value) : value_(std::max<std::int64_t>(1, value)) {}
  std::int64_t sample(random::RandomStream& /*stream*/) override { return value_; }

 private:
  std::int64_t value_;
};

}  // namespace

std::unique_ptr<LengthSampler> make_constant_sampler(std::int64_t value) {
  return std::make_unique<ConstantLength>(value);
}

std::unique_ptr<LengthSampler> make_constant_length(const DistributionSpec& spec) {
  return make_constant_sampler(integer_param(spec, "value"));
}

}  // namespace blis::workload
