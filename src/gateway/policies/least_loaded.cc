// least-loaded: the smallest effective load; among equals, a random one. SOURCE spec
// data-plane 11.2.

#include <limits>
#include <vector>

#include "gateway/routing_policy.h"
#include "gateway/tie_breaker.h"

namespace blis::gateway {
namespace {

class LeastLoaded final : public RoutingPolicy {
 public:
  explicit LeastLoaded(std::int64_t stream_seed) : ties_(stream_seed) {}

  RoutingDecision route(const RouteQuery& /*query*/, const RouterState& state) override {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    equals_.clear();
    for (std::size_t i = 0; i < state.candidates.size(); ++i) {
      const std::int64_t load = effective_load(state.candidates[i]);
      if (load > least) continue;
      if (load < least) equals_.clear();
      least = load;
      equals_.push_back(i);
    }
    RoutingDecision decision;
    decision.index = equals_[ties_.pick(equals_.size())];
    decision.instance = state.candidates[decision.index].instance;
    decision.reason = RoutingReason::kLeastLoaded;
    decision.number = least;
    return decision;
  }

 private:
  TieBreaker ties_;
  std::vector<std::size_t> equals_;
};

}  // namespace

std::unique_ptr<RoutingPolicy> make_least_loaded(const RoutingContext& context) {
  return std::make_unique<LeastLoaded>(context.random_seed);
}

}  // namespace blis::gateway
