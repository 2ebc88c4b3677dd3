#include "gateway/routing_policy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "base/error.h"
#include "gateway/scorer_config.h"
#include "random/random_stream.h"
#include "testing/gateway_fixture.h"

namespace blis::gateway {
namespace {

using testing::at;
using testing::query_of;

std::unique_ptr<RoutingPolicy> make(std::string_view name, std::vector<ScorerWeight> scorers = {}) {
  if (scorers.empty()) scorers = default_scorers();
  return find_routing_policy(name)->make(
      {std::move(scorers), nullptr, random::stream_seed(42, "router")});
}

std::uint32_t route(RoutingPolicy& policy, const std::vector<InstanceSignals>& candidates) {
  return policy.route(query_of(0), {.clock = Micros(), .candidates = candidates}).instance.value();
}

TEST(RoundRobin, UsesOneCounterForListsOfAnyLength) {
  const auto policy = make("round-robin");
  const std::vector four{at(0, 0, 0), at(1, 0, 0), at(2, 0, 0), at(3, 0, 0)};
  const std::vector two{at(8, 0, 0), at(9, 0, 0)};
  EXPECT_EQ(route(*policy, four), 0);
  EXPECT_EQ(route(*policy, four), 1);
  EXPECT_EQ(route(*policy, two), 8);   // 2 mod 2
  EXPECT_EQ(route(*policy, four), 3);  // 3 mod 4
}

TEST(LeastLoaded, CountsWaitingRunningAndInFlight) {
  const auto policy = make("least-loaded");
  const std::vector candidates{at(0, 1, 1, 3), at(1, 0, 0, 4), at(2, 2, 2, 2)};
  EXPECT_EQ(route(*policy, candidates), 1);
  EXPECT_EQ(
      format_reason(policy->route(query_of(0), {.clock = Micros(), .candidates = candidates})),
      "least-loaded (load=4)");
}

TEST(LeastLoaded, BreaksTiesWithTheRouterStream) {
  const auto policy = make("least-loaded");
  random::RandomStream stream(random::stream_seed(42, "router"));
  const std::vector candidates{at(0, 1, 0), at(1, 0, 0), at(2, 0, 0), at(3, 0, 0)};
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(route(*policy, candidates), 1 + static_cast<std::uint32_t>(stream.intn(3)));
  }
}

TEST(AlwaysBusiest, TakesTheFirstOfTheMostLoaded) {
  const auto policy = make("always-busiest");
  EXPECT_EQ(route(*policy, {at(0, 1, 0), at(1, 5, 0), at(2, 0, 5)}), 1);
}

TEST(Weighted, AddsNormalisedWeights) {
  // Queue depths 5, 1, 3 score 0, 1, 0.5; KV utilisation 0.30, 0.10, 0.60 scores 0.7, 0.9, 0.4.
  const auto policy = make("weighted", {{"queue-depth", 1}, {"kv-utilization", 3}});
  const std::vector candidates{at(0, 5, 0, 0, 0.30), at(1, 1, 0, 0, 0.10), at(2, 3, 0, 0, 0.60)};
  const RoutingDecision decision =
      policy->route(query_of(0), {.clock = Micros(), .candidates = candidates});
  EXPECT_EQ(decision.instance.value(), 1);
  ASSERT_EQ(decision.scores.size(), 3);
  EXPECT_EQ(decision.scores[0], 0.0 * 0.25 + 0.7 * 0.75);
  EXPECT_EQ(decision.scores[1], 1.0 * 0.25 + 0.9 * 0.75);
  EXPECT_EQ(format_reason(decision), "weighted-scoring (score=0.925)");
}

TEST(Weighted, DrawsNothingForAUniqueMaximum) {
  const auto policy = make("weighted", {{"queue-depth", 1}});
  random::RandomStream stream(random::stream_seed(42, "router"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(route(*policy, {at(0, 1, 0), at(1, 0, 0)}), 1);
  const std::vector equals{at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)};
  EXPECT_EQ(route(*policy, equals), static_cast<std::uint32_t>(stream.intn(3)));
}

RC_GTEST_PROP(EveryRoutingPolicy, ChoosesACandidateAndRepeatsItself, ()) {
  std::vector<InstanceSignals> candidates;
  const auto n = *rc::gen::inRange<std::uint32_t>(1, 7);
  for (std::uint32_t i = 0; i < n; ++i) {
    candidates.push_back(at(i * 3, *rc::gen::inRange(0, 4), *rc::gen::inRange(0, 4)));
  }
  for (const RoutingPolicyEntry& entry : routing_policy_entries()) {
    const auto a = make(entry.name);
    const auto b = make(entry.name);
    for (int i = 0; i < 10; ++i) {
      const std::uint32_t chosen = route(*a, candidates);
      RC_ASSERT(chosen % 3 == 0 && chosen / 3 < n);
      RC_ASSERT(route(*b, candidates) == chosen);
    }
  }
}

// law data-plane L9
RC_GTEST_PROP(Weighted, IsUnchangedByScalingWeightsByAPowerOfTwo, ()) {
  std::vector<InstanceSignals> candidates;
  for (std::uint32_t i = 0; i < 5; ++i) {
    candidates.push_back(at(i, *rc::gen::inRange(0, 9), *rc::gen::inRange(0, 9),
                            *rc::gen::inRange(0, 9), *rc::gen::inRange(0, 101) / 100.0));
  }
  const auto plain =
      make("weighted", {{"queue-depth", 1.3}, {"kv-utilization", 0.7}, {"load-balance", 2}});
  const auto scaled =
      make("weighted", {{"queue-depth", 5.2}, {"kv-utilization", 2.8}, {"load-balance", 8}});
  const RouterState state{.clock = Micros(), .candidates = candidates};
  const RoutingDecision a = plain->route(query_of(0), state);
  const RoutingDecision b = scaled->route(query_of(0), state);
  RC_ASSERT(a.instance == b.instance);
  RC_ASSERT(std::vector<double>(a.scores.begin(), a.scores.end()) ==
            std::vector<double>(b.scores.begin(), b.scores.end()));
}

TEST(ScorerConfig, ReadsNamesAndWeights) {
  EXPECT_EQ(parse_scorers(" queue-depth : 1.5 ,vllm-dp:2", "--routing-scorers"),
            (std::vector<ScorerWeight>{{"queue-depth", 1.5}, {"vllm-dp", 2}}));
  EXPECT_TRUE(parse_scorers("", "--routing-scorers").empty());
}

std::string message_of(std::string_view text) {
  try {
    parse_scorers(text, "--routing-scorers");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ScorerConfig, NamesTheMistake) {
  EXPECT_NE(message_of("queue-dept:1").find("did you mean \"queue-depth\"?"), std::string::npos);
  EXPECT_NE(message_of("queue-depth:1,queue-depth:2").find("listed twice"), std::string::npos);
  EXPECT_NE(message_of("queue-depth:0").find("above 0"), std::string::npos);
  EXPECT_NE(message_of("queue-depth:x").find("not a number"), std::string::npos);
  for (const char* text : {"queue-depth", "queue-depth:1,", " ", "queue-depth:inf",
                           "queue-depth:-1", "queue-depth:nan"}) {
    EXPECT_NE(message_of(text), "accepted") << text;
  }
}

TEST(ScorerConfig, AppendsLoraAffinityOnce) {
  auto scorers = default_scorers();
  append_lora_scorer(scorers, 2);
  EXPECT_EQ(scorers.back(), (ScorerWeight{"lora-affinity", 2}));
  EXPECT_THROW(append_lora_scorer(scorers, 2), ConfigError);
  auto others = default_scorers();
  EXPECT_THROW(append_lora_scorer(others, 0), ConfigError);
}

}  // namespace
}  // namespace blis::gateway
