// round-robin: the next candidate each time. The counter is one for all lists that the policy is
// shown, so lists of different lengths (filtered by model, or pools that share the policy) alias.
// SOURCE spec data-plane 11.1.

#include "gateway/routing_policy.h"

namespace blis::gateway {
namespace {

class RoundRobin final : public RoutingPolicy {
 public:
  RoutingDecision route(const RouteQuery& /*query*/, const RouterState& state) override {
    const std::size_t chosen = static_cast<std::size_t>(counter_) % state.candidates.size();
    RoutingDecision decision;
    decision.instance = state.candidates[chosen].instance;
    decision.index = chosen;
    decision.reason = RoutingReason::kRoundRobin;
    decision.number = counter_++;
    return decision;
  }
  bool reads_signals() const override { return false; }

 private:
  std::int64_t counter_ = 0;
};

}  // namespace

std::unique_ptr<RoutingPolicy> make_round_robin(const RoutingContext& /*context*/) {
  return std::make_unique<RoundRobin>();
}

}  // namespace blis::gateway
