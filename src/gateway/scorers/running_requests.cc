// running-requests: the smallest batch, normalised over the candidates.
// SOURCE spec data-plane 12.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class RunningRequests final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    score_least_load(candidates, scores,
                     [](const InstanceSignals& candidate) { return candidate.running_requests; });
  }
};

}  // namespace

std::unique_ptr<Scorer> make_running_requests(const ScorerContext& /*context*/) {
  return std::make_unique<RunningRequests>();
}

}  // namespace blis::gateway
