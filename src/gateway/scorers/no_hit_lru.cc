// no-hit-lru: spreads requests that nobody has cached: first to instances that were never given
// such a request, then to the one that was given one longest ago. Requests with a cached prefix
// anywhere get no preference (0.5 for all).
//
//   cold: 1 - rank / (n - 1), rank 0 = never used, in candidate order, then oldest first; 1 for a
//   single candidate
//
// Instances that are not among the candidates of a cold request are forgotten for good [QUIRK, spec
// data-plane W-B8]. SOURCE spec data-plane 12.2; llm-d's no-hit LRU scorer.

#include <algorithm>
#include <cstdint>
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
    std::ranges::fill(scores, 0.0);
    note_candidates(candidates);
    std::erase_if(oldest_first_, [&](InstanceId used) { return place_of(used) == kNowhere; });
    for (const InstanceId used : oldest_first_) scores[place_of(used)] = kUsed;
    std::size_t rank = 0;
    const auto next_score = [&] {
      return 1.0 - static_cast<double>(rank++) / static_cast<double>(n - 1);
    };
    for (const InstanceSignals& candidate : candidates) {
      double& score = scores[place_of(candidate.instance)];
      if (score != kUsed) score = next_score();
    }
    for (const InstanceId used : oldest_first_) scores[place_of(used)] = next_score();
  }

  void on_routed(const RouteQuery& query, InstanceId chosen) override {
    if (!is_cold_ || query.request != request_) return;
    std::erase(oldest_first_, chosen);
    oldest_first_.push_back(chosen);
  }

 private:
  static constexpr std::uint32_t kNowhere = 0xffff'ffff;
  static constexpr double kUsed = -1;  // no score is negative

  /// Remembers where each instance stands among the candidates.
  void note_candidates(std::span<const InstanceSignals> candidates) {
    std::ranges::fill(places_, kNowhere);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const std::size_t instance = candidates[i].instance.index();
      if (instance >= places_.size()) places_.resize(instance + 1, kNowhere);
      places_[instance] = static_cast<std::uint32_t>(i);
    }
  }
  std::uint32_t place_of(InstanceId instance) const {
    return instance.index() < places_.size() ? places_[instance.index()] : kNowhere;
  }
  bool somebody_has_a_prefix(const RouteQuery& query, std::span<const InstanceSignals> candidates) {
    if (views_ == nullptr) return true;  // nobody knows: no preference
    cached_.resize(candidates.size());
    views_->cached_blocks(candidates, query.input_keys, cached_);
    return std::ranges::any_of(cached_, [](std::int64_t blocks) { return blocks > 0; });
  }

  const PrefixCacheViews* views_;
  std::vector<InstanceId> oldest_first_;
  std::vector<std::uint32_t> places_;  // by instance: index among the candidates
  std::vector<std::int64_t> cached_;   // scratch, one per candidate
  RequestId request_;                  // that was scored last
  bool is_cold_ = false;
};

}  // namespace

std::unique_ptr<Scorer> make_no_hit_lru(const ScorerContext& context) {
  return std::make_unique<NoHitLru>(context.prefix_views);
}

}  // namespace blis::gateway
