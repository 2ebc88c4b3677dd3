// vllm-dp: the balancer in front of vLLM's data-parallel ranks, as older vLLM releases had it.
//
//   load  = 4 * waiting + running     [requests]
//   score = least load, normalised    [1]
//
// SOURCE       spec data-plane 12, which took it from vLLM's core client.
// NOT MODELLED the client's own increment of `waiting` between two refreshes.
// USE WITH     --snapshot-refresh-interval 100000, the 100 ms at which vLLM refreshes its counts.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

constexpr std::int64_t kWaitingWeight = 4;  // vLLM's constant; we know of no derivation

class VllmDp final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    score_least_load(candidates, scores, [](const InstanceSignals& candidate) {
      return kWaitingWeight * candidate.waiting_requests + candidate.running_requests;
    });
  }
};

}  // namespace

std::unique_ptr<Scorer> make_vllm_dp(const ScorerContext& /*context*/) {
  return std::make_unique<VllmDp>();
}

}  // namespace blis::gateway
