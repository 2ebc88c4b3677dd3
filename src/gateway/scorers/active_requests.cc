// active-requests: the fewest requests in flight.
//
//   1 without any, else (max - in flight) / max over the candidates: 0 for all if they are equal
//   and not idle
//
// SOURCE spec data-plane 12; llm-d's active-request scorer.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class ActiveRequests final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    std::int32_t max = 0;
    for (const InstanceSignals& candidate : candidates) {
      max = std::max(max, candidate.in_flight_requests);
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const std::int32_t active = candidates[i].in_flight_requests;
      scores[i] = active == 0 ? 1.0 : static_cast<double>(max - active) / static_cast<double>(max);
    }
  }
};

}  // namespace

std::unique_ptr<Scorer> make_active_requests(const ScorerContext& /*context*/) {
  return std::make_unique<ActiveRequests>();
}

}  // namespace blis::gateway
