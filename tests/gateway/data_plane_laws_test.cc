// Laws of spec data-plane 20 that single policies keep, whatever they are asked.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "gateway/admission_policy.h"
#include "gateway/gateway_queue.h"
#include "gateway/routing_policy.h"
#include "gateway/tenant_budgets.h"
#include "random/random_stream.h"
#include "testing/gateway_fixture.h"

namespace blis::gateway {
namespace {

using testing::at;
using testing::query_of;

std::vector<InstanceSignals> any_candidates(int most) {
  std::vector<InstanceSignals> candidates;
  const auto n = *rc::gen::inRange<std::uint32_t>(1, static_cast<std::uint32_t>(most) + 1);
  for (std::uint32_t i = 0; i < n; ++i) {
    candidates.push_back(at(i, *rc::gen::inRange(0, 6), *rc::gen::inRange(0, 6),
                            *rc::gen::inRange(0, 6), *rc::gen::inRange(0, 5) / 4.0));
  }
  return candidates;
}

std::vector<ScorerWeight> any_scorers() {
  std::vector<ScorerWeight> scorers;
  for (const ScorerEntry& entry : scorer_entries()) {
    if (*rc::gen::inRange(0, 3) == 0) {
      scorers.push_back({std::string(entry.name), *rc::gen::inRange(1, 40) / 8.0});
    }
  }
  if (scorers.empty()) scorers.push_back({"queue-depth", 1});
  return scorers;
}

std::unique_ptr<RoutingPolicy> make_policy(std::string_view name,
                                           std::vector<ScorerWeight> scorers) {
  return find_routing_policy(name)->make(
      {std::move(scorers), nullptr, random::stream_seed(42, "router")});
}

// L9
RC_GTEST_PROP(Weighted, ScoresEveryCandidateAndTakesTheBest, ()) {
  const auto policy = make_policy("weighted", any_scorers());
  for (int i = 0; i < 5; ++i) {
    const auto candidates = any_candidates(8);
    const RoutingDecision decision =
        policy->route(query_of(0), {.clock = Micros(), .candidates = candidates});
    RC_ASSERT(decision.scores.size() == candidates.size());
    for (const double total : decision.scores) RC_ASSERT(total >= 0 && total <= 1 + 1e-12);
    RC_ASSERT(decision.scores[decision.index] == std::ranges::max(decision.scores));
    RC_ASSERT(candidates[decision.index].instance == decision.instance);
  }
}

// L9: by any factor, up to rounding
RC_GTEST_PROP(Weighted, KeepsItsOrderWhenWeightsAreScaled, ()) {
  const auto scorers = any_scorers();
  auto scaled_scorers = scorers;
  const double factor = *rc::gen::inRange(1, 1000) / 7.0;
  for (ScorerWeight& scorer : scaled_scorers) scorer.weight *= factor;
  const auto candidates = any_candidates(8);
  const RouterState state{.clock = Micros(), .candidates = candidates};
  const auto plain = make_policy("weighted", scorers);
  const auto scaled = make_policy("weighted", scaled_scorers);
  const RoutingDecision a = plain->route(query_of(0), state);
  const RoutingDecision b = scaled->route(query_of(0), state);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    RC_ASSERT(std::abs(a.scores[i] - b.scores[i]) < 1e-12);
  }
}

// L9: load-balance:1 with the same stream is least-loaded
RC_GTEST_PROP(Weighted, ByLoadAloneIsLeastLoaded, ()) {
  const auto weighted = make_policy("weighted", {{"load-balance", 1}});
  const auto least_loaded = make_policy("least-loaded", {});
  for (int i = 0; i < 20; ++i) {
    const auto candidates = any_candidates(6);
    const RouterState state{.clock = Micros(), .candidates = candidates};
    RC_ASSERT(weighted->route(query_of(0), state).instance ==
              least_loaded->route(query_of(0), state).instance);
  }
}

// L10: whoever looks at a query cannot know what will be answered
RC_GTEST_PROP(QueryMaker, LeavesTheAnswerOut, ()) {
  SymbolTable symbols;
  const engine::SloPriorities priorities;
  QueryMaker maker(symbols, priorities);
  const auto make_spec = [&](const std::vector<std::int32_t>& input, std::int32_t first_output,
                             std::int64_t output_tokens) {
    std::vector<std::int32_t> output(static_cast<std::size_t>(output_tokens));
    std::iota(output.begin(), output.end(), first_output);
    request::BlockKeyChain chain(4);
    chain.append(input);
    request::RequestSpec spec;
    spec.input_tokens = std::ssize(input);
    spec.output_tokens = output_tokens;
    spec.keys = request::make_token_keys(std::move(chain), output);
    return spec;
  };
  std::vector<std::int32_t> input(static_cast<std::size_t>(*rc::gen::inRange(0, 40)));
  std::iota(input.begin(), input.end(), 5);
  const request::RequestSpec a = make_spec(input, 1000, *rc::gen::inRange(1, 40));
  const request::RequestSpec b = make_spec(input, 2000, *rc::gen::inRange(1, 40));
  const RouteQuery x = maker.make(RequestId(0U), a);
  const RouteQuery y = maker.make(RequestId(0U), b);
  RC_ASSERT(x.input_tokens == y.input_tokens);
  RC_ASSERT(std::ranges::equal(x.input_keys, y.input_keys));
  RC_ASSERT(x.input_keys.size() == input.size() / 4);
}

struct Offered {
  std::int64_t priority;
  std::string tenant;
  std::uint32_t order;
};

// L11, L12, with every kind of fairness and order
RC_GTEST_PROP(GatewayQueue, KeepsItsLaws, ()) {
  FlowControlConfig config;
  config.max_queue_depth = *rc::gen::inRange(0, 12);
  config.per_band_capacity = *rc::gen::inRange(0, 6);
  config.queue_shedding = *rc::gen::arbitrary<bool>();
  config.usage_limit_threshold = *rc::gen::inRange(1, 11) / 10.0;
  config.fairness = static_cast<FairnessPolicy>(*rc::gen::inRange(0, 2));
  config.dispatch_order = static_cast<DispatchOrder>(*rc::gen::inRange(0, 3));
  config.request_ttl = Micros(100);
  SymbolTable symbols;
  GatewayQueue queue(config, symbols);
  std::map<std::uint32_t, Offered> waiting;
  std::int64_t shed = 0;
  for (std::uint32_t step = 0; step < 200; ++step) {
    const int action = *rc::gen::inRange(0, 5);
    if (action < 3) {
      RouteQuery query = query_of(step);
      query.priority = *rc::gen::inRange<std::int64_t>(-3, 5);
      const std::string tenant(1, static_cast<char>('a' + *rc::gen::inRange(0, 3)));
      query.tenant = symbols.intern(tenant);
      query.slo_target = Micros(*rc::gen::inRange(0, 50));
      const OfferResult result = queue.offer(query, {.number = step}, Micros(step));
      RC_ASSERT(result.queued || !result.victim);
      if (result.victim) {
        const Offered victim = waiting.at(result.victim->value());
        RC_ASSERT(victim.priority < 0 && victim.priority < query.priority);
        waiting.erase(result.victim->value());
        ++shed;
      }
      if (result.queued) waiting[step] = {query.priority, tenant, step};
    } else if (action == 3) {
      const double saturation = *rc::gen::inRange(0, 12) / 10.0;
      const auto next = queue.gated_dequeue(saturation);
      if (!next) continue;
      RC_ASSERT(saturation < 1);
      const Offered served = waiting.at(next->value());
      const auto bands = queue.band_priorities();
      for (std::size_t i = 0; i < bands.size() && bands[i] >= served.priority; ++i) {
        RC_ASSERT(saturation < queue.ceiling(i));
      }
      for (const auto& [id, other] : waiting) {
        RC_ASSERT(other.priority <= served.priority);
        const bool is_same_flow =
            other.priority == served.priority && other.tenant == served.tenant;
        if (is_same_flow && config.dispatch_order != DispatchOrder::kSloDeadline) {
          RC_ASSERT(other.order >= served.order);
        }
      }
      waiting.erase(next->value());
    } else if (!waiting.empty()) {
      const auto expired = queue.expire({.number = waiting.begin()->first});
      RC_ASSERT(expired && expired->value() == waiting.begin()->first);
      waiting.erase(waiting.begin());
    }
    RC_ASSERT(queue.size() == std::ssize(waiting));
    RC_ASSERT(queue.counters().shed == shed);
    std::int64_t in_bands = 0;
    for (const std::int64_t priority : queue.band_priorities()) {
      const std::int64_t entries = std::ranges::count_if(
          waiting, [&](const auto& entry) { return entry.second.priority == priority; });
      RC_ASSERT(queue.band_size(priority) == entries);
      in_bands += entries;
    }
    RC_ASSERT(in_bands == queue.size());
    RC_ASSERT(queue.has_non_sheddable() == std::ranges::any_of(waiting, [](const auto& entry) {
                return entry.second.priority >= 0;
              }));
  }
}

// L15
RC_GTEST_PROP(RoundRobin, GivesEverybodyAsMuch, ()) {
  const auto policy = make_policy("round-robin", {});
  const auto candidates = any_candidates(7);
  std::vector<int> counts(candidates.size());
  const auto requests = *rc::gen::inRange<std::size_t>(0, 50);
  for (std::size_t i = 0; i < requests; ++i) {
    const RoutingDecision decision =
        policy->route(query_of(0), {.clock = Micros(), .candidates = candidates});
    RC_ASSERT(decision.index == i % candidates.size());
    ++counts[decision.index];
  }
  const auto [least, most] = std::ranges::minmax(counts);
  RC_ASSERT(most - least <= 1);
}

std::unique_ptr<AdmissionPolicy> tier_shed(std::int64_t threshold, std::int64_t min_priority) {
  AdmissionConfig config;
  config.tier_shed = {.load_threshold = threshold, .min_priority = min_priority};
  return find_admission_policy("tier-shed")->make(config, {});
}

// L16
RC_GTEST_PROP(TierShed, RejectsLessWithAHigherThresholdAndNobodyAtTheLowestPriority, ()) {
  const auto candidates = any_candidates(4);
  const RouterState state{.clock = Micros(), .candidates = candidates};
  RouteQuery query = query_of(0);
  query.priority = *rc::gen::inRange<std::int64_t>(-3, 5);
  const auto threshold = *rc::gen::inRange<std::int64_t>(0, 18);
  const auto min_priority = *rc::gen::inRange<std::int64_t>(-3, 6);
  if (tier_shed(threshold, min_priority)->decide(query, state).admitted) {
    RC_ASSERT(tier_shed(threshold + 1, min_priority)->decide(query, state).admitted);
  }
  RC_ASSERT(tier_shed(threshold, -3)->decide(query, state).admitted);
}

// L16: budgets and gaie-legacy never reject what is not sheddable
RC_GTEST_PROP(AdmissionPolicies, SpareWhatIsNotSheddable, ()) {
  const auto candidates = any_candidates(4);
  const RouterState state{.clock = Micros(), .candidates = candidates};
  SymbolTable symbols;
  TenantBudgets budgets({{"a", 0.0}, {"b", 0.5}}, 1, 2, symbols);
  RouteQuery query = query_of(0);
  query.priority = *rc::gen::inRange<std::int64_t>(0, 5);
  query.tenant = symbols.intern(*rc::gen::arbitrary<bool>() ? "a" : "b");
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) budgets.start(query.tenant);
  const auto policy = make_tenant_budget_admission(
      budgets, find_admission_policy("gaie-legacy")->make(AdmissionConfig(), {}));
  RC_ASSERT(policy->decide(query, state).admitted);
}

}  // namespace
}  // namespace blis::gateway
