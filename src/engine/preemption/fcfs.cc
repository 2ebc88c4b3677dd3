// fcfs: the tail of the batch, as vLLM evicts. SOURCE spec engine 6.5.

#include "engine/preemption_policy.h"

namespace blis::engine {
namespace {

class PreemptTail final : public PreemptionPolicy {
 public:
  std::size_t victim(std::span<const RequestId> batch,
                     const request::RequestTable& /*requests*/) const override {
    return batch.size() - 1;
  }
};

}  // namespace

std::unique_ptr<PreemptionPolicy> make_preempt_fcfs() { return std::make_unique<PreemptTail>(); }

}  // namespace blis::engine
