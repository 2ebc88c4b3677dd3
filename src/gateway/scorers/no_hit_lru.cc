// no-hit-lru: spreads requests that nobody has cached: first to instances that were never given
// such a request, then to the one that was given one longest ago. Requests with a cached prefix
// anywhere get no preference (0.5 for all).
//
//   cold: 1 - rank / (n - 1), rank 0 = never used, in candidate order, then oldest first; 1 for a
//   single candidate
//
// Instances that are not among the candidates of a cold request are forgotten for good [QUIRK, spec
// data-plane W-B8]. SOURCE spec data-plane 12.2; llm-d's no-hit LRU scorer.

#include <vector>

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class NoHitLru final : public Scorer {
 public:
  explicit NoHitLru(const PrefixCacheViews* views) : views_(views) {}

  void score(const RouteQuery& query, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    is_cold_ = !somebody_has_a_prefix(query, candidates);
    request_ = query.request;
    const std::size_t n = candidates.size();
    if (!is_cold_ || n <= 1) {
      std::fill(scores.begin(), scores.end(), is_cold_ ? 1.0 : 0.5);
      return;
    }
    std::erase_if(oldest_first_, [&](InstanceId used) {
      return std::ranges::find(candidates, used, &InstanceSignals::instance) == candidates.end();
    });
    std::size_t rank = 0;
    const auto next_score = [&] {
      return 1.0 - static_cast<double>(rank++) / static_cast<double>(n - 1);
    };
    for (std::size_t i = 0; i < n; ++i) {
      if (!was_used(candidates[i].instance)) scores[i] = next_score();
    }
    for (const InstanceId used : oldest_first_) {
      const auto candidate = std::ranges::find(candidates, used, &InstanceSignals::instance);
      scores[static_cast<std::size_t>(candidate - candidates.begin())] = next_score();
    }
  }

  void on_routed(const RouteQuery& query, InstanceId chosen) override {
    if (!is_cold_ || query.request != request_) return;
    std::erase(oldest_first_, chosen);
    oldest_first_.push_back(chosen);
  }

 private:
  bool was_used(InstanceId instance) const {
    return std::ranges::find(oldest_first_, instance) != oldest_first_.end();
  }
  bool somebody_has_a_prefix(const RouteQuery& query,
                             std::span<const InstanceSignals> candidates) const {
    if (views_ == nullptr) return true;  // nobody knows: no preference
    return std::ranges::any_of(candidates, [&](const InstanceSignals& candidate) {
      return views_->cached_blocks(candidate.instance, query.input_keys) > 0;
    });
  }

  const PrefixCacheViews* views_;
  std::vector<InstanceId> oldest_first_;
  RequestId request_;  // that was scored last
  bool is_cold_ = false;
};

}  // namespace

std::unique_ptr<Scorer> make_no_hit_lru(const ScorerContext& context) {
  return std::make_unique<NoHitLru>(context.prefix_views);
}

}  // namespace blis::gateway
