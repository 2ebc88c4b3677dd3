// script: score() of the user's script (--policy-script), as one share of weighted routing. Scores
// outside [0, 1] count as the nearer bound, as for every scorer.

#include <algorithm>
#include <optional>

#include "gateway/scorer.h"
#include "gateway/script_decision.h"

namespace blis::gateway {
namespace {

class Scripted final : public Scorer {
 public:
  explicit Scripted(const ScorerContext& context) {
    if (context.script.script == nullptr) return;
    decision_.emplace(context.script, context.prefix_views, "script-score");
  }

  void begin_decision(Micros clock) override { clock_ = clock; }

  void score(const RouteQuery& query, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    if (!decision_) {
      std::ranges::fill(scores, 1.0);
      return;
    }
    decision_->begin(query, {.clock = clock_, .candidates = candidates});
    for (std::size_t i = 0; i < scores.size(); ++i) {
      scores[i] = std::min(std::max(decision_->score(i), 0.0), 1.0);
    }
  }

 private:
  Micros clock_;
  std::optional<ScriptedDecision> decision_;
};

}  // namespace

std::unique_ptr<Scorer> make_scripted_scorer(const ScorerContext& context) {
  return std::make_unique<Scripted>(context);
}

}  // namespace blis::gateway
