// queue-depth: the fewest waiting requests, normalised over the candidates.
// SOURCE spec data-plane 12; llm-d's queue scorer.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class QueueDepth final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    score_least_load(candidates, scores,
                     [](const InstanceSignals& candidate) { return candidate.waiting_requests; });
  }
};

}  // namespace

std::unique_ptr<Scorer> make_queue_depth(const ScorerContext& /*context*/) {
  return std::make_unique<QueueDepth>();
}

}  // namespace blis::gateway
