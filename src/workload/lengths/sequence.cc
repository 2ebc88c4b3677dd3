// A recorded sequence of lengths, repeated when it ends. Has no YAML form: replay builds it from
// traces.

#include <vector>

#include "workload/length_sampler.h"

namespace blis::workload {
namespace {

class SequenceLength final : public LengthSampler {
 public:
  explicit SequenceLength(std::vector<std::int64_t> values) : values_(std::move(values)) {}

  std::int64_t sample(random::RandomStream& /*stream*/) override {
    if (values_.empty()) return 1;
    const std::int64_t value = values_[next_];
    next_ = (next_ + 1) % values_.size();
    return value;
  }

 private:
  std::vector<std::int64_t> values_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<LengthSampler> make_sequence_sampler(std::vector<std::int64_t> values) {
  return std::make_unique<SequenceLength>(std::move(values));
}

}  // namespace blis::workload
