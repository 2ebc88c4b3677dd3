// weighted: the sum of the configured scorers' preferences, each with its share of the total
// weight; among exactly equal totals a random one.
//
//   total[c] = sum over scorers, in order, of clamp(score[c], 0, 1) * (weight / sum of weights)
//
// SOURCE spec data-plane 11.4; llm-d's scorer plugins.

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "gateway/routing_policy.h"
#include "gateway/scorer.h"
#include "gateway/tie_breaker.h"

namespace blis::gateway {
namespace {

/// totals[i] += clamp(scores[i], 0, 1) * weight
void add_share(std::span<const double> scores, double weight, std::span<double> totals) {
  for (std::size_t i = 0; i < totals.size(); ++i) {
    totals[i] += std::min(std::max(scores[i], 0.0), 1.0) * weight;
  }
}

/// Four maxima side by side, so that none waits for the one before it. REQUIRES not empty.
double largest(std::span<const double> values) {
  std::array<double, 4> most;
  most.fill(values.front());
  std::size_t i = 0;
  for (; i + most.size() <= values.size(); i += most.size()) {
    for (std::size_t k = 0; k < most.size(); ++k) most[k] = std::max(most[k], values[i + k]);
  }
  for (; i < values.size(); ++i) most[0] = std::max(most[0], values[i]);
  return std::ranges::max(most);
}

class Weighted final : public RoutingPolicy {
 public:
  explicit Weighted(const RoutingContext& context) : ties_(context.random_seed) {
    double weight_sum = 0.0;
    for (const ScorerWeight& configured : context.scorers) weight_sum += configured.weight;
    const ScorerContext scorer_context{.prefix_views = context.prefix_views,
                                       .script = context.script};
    for (const ScorerWeight& configured : context.scorers) {
      scorers_.push_back(
          {find_scorer(configured.name)->make(scorer_context), configured.weight / weight_sum});
    }
  }

  RoutingDecision route(const RouteQuery& query, const RouterState& state) override {
    const std::size_t candidates = state.candidates.size();
    scores_.resize(candidates);
    totals_.assign(candidates, 0.0);
    for (const Share& share : scorers_) {
      share.scorer->begin_decision(state.clock);
      share.scorer->score(query, state.candidates, scores_);
      add_share(scores_, share.weight, totals_);
    }
    const double best = largest(totals_);
    equals_.clear();
    for (std::size_t i = 0; i < candidates; ++i) {
      if (totals_[i] == best) equals_.push_back(i);
    }
    const std::size_t chosen = equals_[ties_.pick(equals_.size())];
    RoutingDecision decision;
    decision.instance = state.candidates[chosen].instance;
    decision.index = chosen;
    decision.reason = RoutingReason::kWeighted;
    decision.score = best;
    decision.scores = totals_;
    for (const Share& share : scorers_) share.scorer->on_routed(query, decision.instance);
    return decision;
  }

 private:
  struct Share {
    std::unique_ptr<Scorer> scorer;
    double weight;  // normalised
  };
  std::vector<Share> scorers_;
  TieBreaker ties_;
  std::vector<double> scores_;
  std::vector<double> totals_;
  std::vector<std::size_t> equals_;
};

}  // namespace

std::unique_ptr<RoutingPolicy> make_weighted(const RoutingContext& context) {
  return std::make_unique<Weighted>(context);
}

}  // namespace blis::gateway
