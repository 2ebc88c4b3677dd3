// script: the candidate to which score() of the user's script (--policy-script) gives most; among
// exactly equal ones a random one. Scores are compared as they are, infinite ones too.

#include <algorithm>
#include <optional>
#include <vector>

#include "gateway/routing_policy.h"
#include "gateway/script_decision.h"
#include "gateway/tie_breaker.h"

namespace blis::gateway {
namespace {

class Scripted final : public RoutingPolicy {
 public:
  explicit Scripted(const RoutingContext& context) : ties_(context.random_seed) {
    if (context.script.script == nullptr) return;
    decision_.emplace(context.script, context.prefix_views, "script-score");
  }

  RoutingDecision route(const RouteQuery& query, const RouterState& state) override {
    scores_.assign(state.candidates.size(), 0.0);
    if (decision_) {
      decision_->begin(query, state);
      for (std::size_t i = 0; i < scores_.size(); ++i) scores_[i] = decision_->score(i);
    }
    const double best = std::ranges::max(scores_);
    equals_.clear();
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if (scores_[i] == best) equals_.push_back(i);
    }
    RoutingDecision decision;
    decision.index = equals_[ties_.pick(equals_.size())];
    decision.instance = state.candidates[decision.index].instance;
    decision.reason = RoutingReason::kScript;
    decision.score = best;
    decision.scores = scores_;
    return decision;
  }

 private:
  TieBreaker ties_;
  std::optional<ScriptedDecision> decision_;
  std::vector<double> scores_;
  std::vector<std::size_t> equals_;
};

}  // namespace

std::unique_ptr<RoutingPolicy> make_scripted_routing(const RoutingContext& context) {
  return std::make_unique<Scripted>(context);
}

}  // namespace blis::gateway
