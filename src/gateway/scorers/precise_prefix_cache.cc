// precise-prefix-cache: the longest cached prefix of the request, as the (perhaps frozen) views of
// the instances' caches have it.
//
//   (blocks - min) / (max - min) over the candidates; 1 for all if they are equal, also if nobody
//   has anything
//
// SOURCE spec data-plane 12, 13.3; llm-d's precise prefix-cache scorer, which follows the
// instances' KV events.

#include <vector>

#include "gateway/scorer.h"

namespace blis::gateway {
namespace {

class PrecisePrefixCache final : public Scorer {
 public:
  explicit PrecisePrefixCache(const PrefixCacheViews* views) : views_(views) {}

  void score(const RouteQuery& query, std::span<const InstanceSignals> candidates,
             std::span<double> scores) override {
    if (views_ == nullptr) {
      std::fill(scores.begin(), scores.end(), 1.0);
      return;
    }
    cached_.resize(candidates.size());
    std::int64_t min = std::numeric_limits<std::int64_t>::max();
    std::int64_t max = 0;
    views_->cached_blocks(candidates, query.input_keys, cached_);
    for (const std::int64_t blocks : cached_) {
      min = std::min(min, blocks);
      max = std::max(max, blocks);
    }
    if (max == min) {
      std::ranges::fill(scores, 1.0);
      return;
    }
    // Most have nothing, which needs no division.
    const auto range = static_cast<double>(max - min);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      scores[i] = cached_[i] == min ? 0.0 : static_cast<double>(cached_[i] - min) / range;
    }
  }

 private:
  const PrefixCacheViews* views_;
  std::vector<std::int64_t> cached_;  // scratch, one per candidate
};

}  // namespace

std::unique_ptr<Scorer> make_precise_prefix_cache(const ScorerContext& context) {
  return std::make_unique<PrecisePrefixCache>(context.prefix_views);
}

}  // namespace blis::gateway
