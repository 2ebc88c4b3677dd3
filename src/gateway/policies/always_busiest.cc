// always-busiest: the largest effective load, the first of several: a worst case to compare with.
// SOURCE spec data-plane 11.3.

#include <algorithm>

#include "gateway/routing_policy.h"

namespace blis::gateway {
namespace {

class AlwaysBusiest final : public RoutingPolicy {
 public:
  RoutingDecision route(const RouteQuery& /*query*/, const RouterState& state) override {
    const auto busiest = std::ranges::max_element(state.candidates, {}, effective_load);
    RoutingDecision decision;
    decision.instance = busiest->instance;
    decision.index = static_cast<std::size_t>(busiest - state.candidates.begin());
    decision.reason = RoutingReason::kAlwaysBusiest;
    decision.number = effective_load(*busiest);
    return decision;
  }
};

}  // namespace

std::unique_ptr<RoutingPolicy> make_always_busiest(const RoutingContext& /*context*/) {
  return std::make_unique<AlwaysBusiest>();
}

}  // namespace blis::gateway
