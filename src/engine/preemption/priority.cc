// priority: the largest (priority, arrival), i.e. the least urgent and then the youngest; the last
// of several such. SOURCE spec engine 6.5.

#include "engine/preemption_policy.h"

namespace blis::engine {
namespace {

class PreemptLeastUrgent final : public PreemptionPolicy {
 public:
  std::size_t victim(std::span<const RequestId> batch,
                     const request::RequestTable& requests) const override {
    std::size_t chosen = batch.size() - 1;
    for (std::size_t i = chosen; i-- > 0;) {
      const request::Request& candidate = requests[batch[i]];
      const request::Request& best = requests[batch[chosen]];
      const bool is_greater = candidate.priority != best.priority
                                  ? candidate.priority > best.priority
                                  : candidate.spec.arrival > best.spec.arrival;
      if (is_greater) chosen = i;
    }
    return chosen;
  }
};

}  // namespace

std::unique_ptr<PreemptionPolicy> make_preempt_priority() {
  return std::make_unique<PreemptLeastUrgent>();
}

}  // namespace blis::engine
