// Each scorer against the values of spec data-plane 12; compared with ==, since the bits are
// promised.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "testing/gateway_fixture.h"

namespace blis::gateway {
namespace {

using testing::at;
using testing::query_of;
using testing::scores_of;
using Scores = std::vector<double>;

std::vector<request::BlockKey> keys_of(std::int32_t first_token, int blocks) {
  request::BlockKeyChain chain(4);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(4 * blocks));
  std::iota(tokens.begin(), tokens.end(), first_token);
  chain.append(tokens);
  return chain.take_keys();
}

/// A cache that has as many leading blocks of keys_of(0, …) as the test says.
class FakeCache final : public kv::KvStore {
 public:
  std::int64_t cached = 0;

  void match(std::span<const request::BlockKey>, std::vector<BlockId>&) const override {}
  bool allocate(const kv::KvClient&, std::int64_t, std::int64_t,
                std::span<const BlockId>) override {
    return true;
  }
  void release(RequestId) override {}
  std::int64_t used_blocks() const override { return 0; }
  std::int64_t total_blocks() const override { return 1; }
  std::int64_t block_size() const override { return 4; }
  double hit_rate() const override { return 0; }
  std::int64_t cached_prefix_blocks(std::span<const request::BlockKey>) const override {
    return cached;
  }
  void take_view_changes(std::vector<kv::IndexChange>& changes) override {
    changes.clear();
    const auto keys = keys_of(0, static_cast<int>(std::max(cached, told_)));
    for (std::int64_t i = told_; i < cached; ++i) {
      changes.push_back({keys[static_cast<std::size_t>(i)], true});
    }
    for (std::int64_t i = cached; i < told_; ++i) {
      changes.push_back({keys[static_cast<std::size_t>(i)], false});
    }
    told_ = cached;
  }

 private:
  std::int64_t told_ = 0;
};

TEST(QueueDepthScorer, NormalisesOverTheCandidates) {
  EXPECT_EQ(scores_of("queue-depth", {at(0, 5, 9), at(1, 1, 0), at(2, 3, 4)}), (Scores{0, 1, 0.5}));
  EXPECT_EQ(scores_of("queue-depth", {at(0, 7, 0), at(1, 7, 3)}), (Scores{1, 1}));
}

TEST(RunningRequestsScorer, LooksAtTheBatchOnly) {
  EXPECT_EQ(scores_of("running-requests", {at(0, 0, 8), at(1, 99, 0), at(2, 0, 6)}),
            (Scores{0, 1, 0.25}));
}

TEST(KvUtilizationScorer, IsTheFreeShare) {
  EXPECT_EQ(scores_of("kv-utilization", {at(0, 0, 0, 0, 0.25), at(1, 0, 0, 0, 1.0)}),
            (Scores{0.75, 0}));
}

TEST(LoadBalanceScorer, CountsEffectiveLoad) {
  EXPECT_EQ(scores_of("load-balance", {at(0, 1, 1, 1), at(1, 0, 0, 0)}), (Scores{0.25, 1}));
}

TEST(ActiveRequestsScorer, GivesNothingToEqualBusyCandidates) {
  EXPECT_EQ(scores_of("active-requests", {at(0, 0, 0, 4), at(1, 0, 0, 1), at(2, 0, 0, 0)}),
            (Scores{0, 0.75, 1}));
  EXPECT_EQ(scores_of("active-requests", {at(0, 0, 0, 2), at(1, 0, 0, 2)}), (Scores{0, 0}));
}

TEST(LoadAwareScorer, FallsFromHalfAPointToNoneAt128) {
  EXPECT_EQ(scores_of("load-aware", {at(0, 64, 0), at(1, 1, 0), at(2, 0, 0), at(3, 500, 0)}),
            (Scores{0.25, 0.49609375, 0.5, 0}));
}

TEST(VllmDpScorer, CountsAWaitingRequestFourTimes) {
  // Loads 45, 30, 10.
  EXPECT_EQ(scores_of("vllm-dp", {at(0, 10, 5), at(1, 7, 2), at(2, 2, 2)}),
            (Scores{0.0, 0.42857142857142855, 1.0}));
}

TEST(LoraAffinityScorer, PrefersWhereTheAdapterIsResident) {
  const Symbol adapter(std::uint32_t{7});
  InstanceDetails details;
  details.resident_adapters = {adapter};
  InstanceSignals with = at(0, 0, 0);
  with.details = &details;
  RouteQuery query = query_of(0);
  query.adapter = adapter;
  EXPECT_EQ(scores_of("lora-affinity", {with, at(1, 0, 0)}, query), (Scores{1, 0}));
  EXPECT_EQ(scores_of("lora-affinity", {at(0, 0, 0), at(1, 0, 0)}, query), (Scores{1, 1}));
  EXPECT_EQ(scores_of("lora-affinity", {with, at(1, 0, 0)}), (Scores{1, 1}));  // base model
}

TEST(PrecisePrefixCacheScorer, NormalisesCachedBlocks) {
  PrefixCacheViews views(Micros(), true);
  FakeCache caches[3];
  for (const std::int64_t i : {0, 1, 2}) {
    caches[i].cached = i == 0 ? 5 : i == 1 ? 3 : 0;
    views.add(&caches[i]);
  }
  const auto scorer = find_scorer("precise-prefix-cache")->make({.prefix_views = &views});
  RouteQuery query = query_of(0);
  const auto keys = keys_of(0, 6);
  query.input_keys = keys;
  Scores scores(3);
  const std::vector candidates{at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)};
  scorer->score(query, candidates, scores);
  EXPECT_EQ(scores, (Scores{1, 0.6, 0}));
}

TEST(PrefixCacheViews, AnswerAsOfTheLastFreeze) {
  PrefixCacheViews views(Micros(50'000), true);
  FakeCache cache;
  views.add(&cache);
  cache.cached = 4;
  const auto keys = keys_of(0, 4);
  const InstanceId instance(std::uint32_t{0});
  views.refresh_if_due(Micros(49'999));
  EXPECT_EQ(views.cached_blocks(instance, keys), 0);
  views.refresh_if_due(Micros(50'000));
  EXPECT_EQ(views.cached_blocks(instance, keys), 4);
  cache.cached = 2;
  EXPECT_EQ(views.cached_blocks(instance, keys), 4);
  views.refresh_if_due(Micros(100'000));
  EXPECT_EQ(views.cached_blocks(instance, keys), 2);
  views.remove(instance);
  EXPECT_EQ(views.cached_blocks(instance, keys), 0);
}

TEST(PrefixAffinityScorer, RemembersWhereAPrefixWent) {
  const auto scorer = find_scorer("prefix-affinity")->make({});
  const std::vector candidates{at(0, 0, 0), at(1, 0, 0)};
  const auto keys = keys_of(0, 4);
  RouteQuery query = query_of(0);
  query.input_keys = std::span(keys).first(2);
  query.input_blocks = 2;
  Scores scores(2);
  scorer->score(query, candidates, scores);
  EXPECT_EQ(scores, (Scores{0, 0}));
  scorer->on_routed(query, InstanceId(std::uint32_t{1}));
  query.input_keys = keys;
  query.input_blocks = 4;
  scorer->score(query, candidates, scores);
  EXPECT_EQ(scores, (Scores{0, 0.5}));
}

TEST(NoHitLruScorer, SpreadsColdRequests) {
  PrefixCacheViews views(Micros(), true);
  FakeCache caches[3];
  for (FakeCache& cache : caches) views.add(&cache);
  const auto scorer = find_scorer("no-hit-lru")->make({.prefix_views = &views});
  const std::vector candidates{at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)};
  const auto keys = keys_of(0, 1);
  const auto route = [&](std::uint32_t request, std::uint32_t chosen) {
    RouteQuery query = query_of(request);
    query.input_keys = keys;
    Scores scores(3);
    scorer->score(query, candidates, scores);
    scorer->on_routed(query, InstanceId(chosen));
    return scores;
  };
  EXPECT_EQ(route(0, 0), (Scores{1, 0.5, 0}));
  EXPECT_EQ(route(1, 1), (Scores{0, 1, 0.5}));
  EXPECT_EQ(route(2, 2), (Scores{0.5, 0, 1}));
  caches[0].cached = 1;
  EXPECT_EQ(route(3, 0), (Scores{0.5, 0.5, 0.5}));
}

rc::Gen<std::vector<InstanceSignals>> any_candidates() {
  return rc::gen::exec([] {
    std::vector<InstanceSignals> candidates;
    const auto n = *rc::gen::inRange<std::uint32_t>(1, 9);
    for (std::uint32_t i = 0; i < n; ++i) {
      candidates.push_back(at(i, *rc::gen::inRange(0, 300), *rc::gen::inRange(0, 300),
                              *rc::gen::inRange(0, 300), *rc::gen::inRange(0, 101) / 100.0));
    }
    return candidates;
  });
}

RC_GTEST_PROP(EveryScorer, StaysInTheUnitInterval, ()) {
  const auto candidates = *any_candidates();
  for (const ScorerEntry& entry : scorer_entries()) {
    for (const double score : scores_of(entry.name, candidates))
      RC_ASSERT(score >= 0.0 && score <= 1.0);
  }
}

RC_GTEST_PROP(EveryScorer, GivesEqualBitsForEqualCalls, ()) {
  const auto candidates = *any_candidates();
  for (const ScorerEntry& entry : scorer_entries()) {
    RC_ASSERT(scores_of(entry.name, candidates) == scores_of(entry.name, candidates));
  }
}

RC_GTEST_PROP(LoadScorers, NeverPreferTheOneThatGotMoreWork, ()) {
  auto candidates = *any_candidates();
  for (const char* name :
       {"queue-depth", "running-requests", "vllm-dp", "load-balance", "load-aware"}) {
    const double before = scores_of(name, candidates)[0];
    auto loaded = candidates;
    ++loaded[0].waiting_requests;
    ++loaded[0].running_requests;
    RC_ASSERT(scores_of(name, loaded)[0] <= before);
  }
}

}  // namespace
}  // namespace blis::gateway
