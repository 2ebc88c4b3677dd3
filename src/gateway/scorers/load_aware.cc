// load-aware: half a point for an empty queue, falling to none at 128 waiting requests.
//
//   0.5 * (1 - min(waiting, 128) / 128)
//
// SOURCE spec data-plane 12; llm-d's load-aware scorer and its threshold.

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

constexpr std::int32_t kFullQueueRequests = 128;

class LoadAware final : public Scorer {
 public:
  void score(const RouteQuery& /*query*/, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const std::int32_t waiting = std::min(candidates[i].waiting_requests, kFullQueueRequests);
      scores[i] = waiting == 0 ? 0.5
                               : 0.5 * (1.0 - static_cast<double>(waiting) /
                                                  static_cast<double>(kFullQueueRequests));
    }
  }
};

}  // namespace

std::unique_ptr<Scorer> make_load_aware(const ScorerContext& /*context*/) {
  return std::make_unique<LoadAware>();
}

}  // namespace blis::gateway
