// The HPA's formula and behaviour, by hand-computed examples. SOURCE spec control-plane 13.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "control/hpa_behavior.h"
#include "control/hpa_formula.h"
#include "control/scaling_metric.h"
#include "control/scaling_policy.h"

namespace blis::control {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
Micros seconds(std::int64_t s) { return Micros(s * kSecond); }

std::int64_t for_usage(std::vector<double> measured, double target, std::int64_t current,
                       std::int64_t missing = 0, std::int64_t unready = 0) {
  return replicas_for_usage(measured, missing, unready, target, current, {}).value();
}

TEST(HpaFormula, RoundsUp) {
  EXPECT_EQ(for_usage({0.9, 0.9, 0.9}, 0.5, 3), 6);  // 3 * 1.8 = 5.4
  EXPECT_EQ(for_usage({0.25, 0.25, 0.25, 0.25}, 0.5, 4), 2);
  EXPECT_EQ(for_usage({0, 0}, 0.5, 2), 0);
}

TEST(HpaFormula, ToleratesATenth) {
  EXPECT_EQ(for_usage({5.5, 5.5}, 5, 2), 2);
  EXPECT_EQ(for_usage({5.6, 5.6}, 5, 2), 3);
  EXPECT_EQ(for_usage({4.6, 4.6}, 5, 2), 2);
  EXPECT_EQ(for_usage({2, 2}, 5, 2), 1);
}

TEST(HpaFormula, CountsReplicasOnTheirWayAsUnused) {
  // One replica with 30 of a target of 10, two on their way: 30 / 3 is the target, so three
  // suffice.
  EXPECT_EQ(for_usage({30}, 10, 3, 0, 2), 3);
  EXPECT_EQ(for_usage({30}, 10, 1), 3);
  EXPECT_EQ(for_usage({60}, 10, 3, 0, 2), 6);
  // On their way, but not needed: judged by those that are ready.
  EXPECT_EQ(for_usage({2, 2}, 10, 4, 0, 2), 1);
}

TEST(HpaFormula, IsCautiousAboutWhoHasNoMeasurement) {
  EXPECT_EQ(for_usage({30, 30}, 10, 3, 1, 0), 6) << "not more for it when it grows";
  EXPECT_EQ(for_usage({0, 0}, 10, 3, 1, 0), 1) << "used to the point when it shrinks";
  EXPECT_EQ(replicas_for_usage({}, 2, 0, 10, 2, {}), std::nullopt);
}

TEST(HpaFormula, SharesTheQueueOfTheGateway) {
  EXPECT_EQ(replicas_for_total(41, 10, 2, {}), 5);
  EXPECT_EQ(replicas_for_total(21, 10, 2, {}), 2);
  EXPECT_EQ(replicas_for_total(0, 10, 2, {}), 0);
}

HpaDirection direction(std::int64_t window_s, std::vector<HpaRatePolicy> policies,
                       SelectPolicy select = SelectPolicy::kMax) {
  return {
      .stabilization_window = seconds(window_s), .select = select, .policies = std::move(policies)};
}
const HpaRatePolicy kDouble{true, 100, seconds(15)};

TEST(HpaBehavior, ShrinksToTheLargestRecommendationOfTheWindow) {
  HpaBehavior behavior(direction(0, {kDouble}), direction(300, {kDouble}));
  // 5, 5, 4, 3, 3 within 300 s keep 5 until the fives age out; then 4 is the largest.
  std::int64_t current = 5;
  std::vector<std::int64_t> seen;
  const std::vector<std::int64_t> proposals = {5, 5, 4, 3, 3, 3, 3, 3};
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    current =
        behavior.next(seconds(static_cast<std::int64_t>(i) * 60), current, proposals[i], 1, 100);
    seen.push_back(current);
  }
  EXPECT_EQ(seen, (std::vector<std::int64_t>{5, 5, 5, 5, 5, 5, 4, 3}));
}

TEST(HpaBehavior, GrowsToTheSmallestRecommendationOfTheWindow) {
  HpaBehavior behavior(direction(60, {kDouble}), direction(0, {kDouble}));
  EXPECT_EQ(behavior.next(seconds(0), 2, 4, 1, 100), 2) << "the count of the first look";
  EXPECT_EQ(behavior.next(seconds(30), 2, 3, 1, 100), 2);
  EXPECT_EQ(behavior.next(seconds(60), 2, 4, 1, 100), 3) << "3 and 4 are within 60 s";
  EXPECT_EQ(behavior.next(seconds(90), 3, 4, 1, 100), 4);
}

TEST(HpaBehavior, GrowsByFourOrByHalfWhicheverIsMore) {
  const HpaConfig defaults;
  HpaBehavior behavior(defaults.up, defaults.down);
  EXPECT_EQ(behavior.next(seconds(0), 1, 50, 1, 100), 5);    // 1 + 4
  EXPECT_EQ(behavior.next(seconds(5), 5, 50, 1, 100), 5);    // the four count for 15 s
  EXPECT_EQ(behavior.next(seconds(15), 5, 50, 1, 100), 10);  // 5 doubled
  EXPECT_EQ(behavior.next(seconds(30), 10, 50, 1, 18), 18);  // max
}

TEST(HpaBehavior, SelectsTheSmallestChangeOrNone) {
  const std::vector<HpaRatePolicy> rates = {{false, 4, seconds(60)}, {true, 10, seconds(60)}};
  HpaBehavior least(direction(0, rates, SelectPolicy::kMin),
                    direction(0, rates, SelectPolicy::kMin));
  EXPECT_EQ(least.next(seconds(0), 20, 40, 1, 100), 22);
  EXPECT_EQ(least.next(seconds(60), 22, 1, 1, 100), 19);  // trunc(22 * 0.9) = 19, 22 - 4 = 18
  HpaBehavior most(direction(0, rates), direction(0, rates));
  EXPECT_EQ(most.next(seconds(0), 22, 1, 1, 100), 18);
  HpaBehavior never(direction(0, rates, SelectPolicy::kDisabled), direction(0, rates));
  EXPECT_EQ(never.next(seconds(0), 20, 40, 1, 100), 20);
}

TEST(HpaBehavior, UndoesTheChangesOfAPeriodToFindItsStart) {
  const std::vector<HpaRatePolicy> rates = {{false, 2, seconds(60)}};
  HpaBehavior behavior(direction(0, rates), direction(0, rates));
  EXPECT_EQ(behavior.next(seconds(0), 10, 1, 1, 100), 8);
  EXPECT_EQ(behavior.next(seconds(30), 8, 1, 1, 100), 8);
  EXPECT_EQ(behavior.next(seconds(60), 8, 1, 1, 100), 6);
}

RC_GTEST_PROP(HpaBehavior, StaysWithinLimitsAndRates, ()) {
  const auto any_direction = [] {
    return direction(
        *rc::gen::inRange(0, 100),
        {{true, *rc::gen::inRange(1, 200), seconds(*rc::gen::inRange(1, 60))},
         {false, *rc::gen::inRange(1, 9), seconds(*rc::gen::inRange(1, 60))}},
        *rc::gen::element(SelectPolicy::kMax, SelectPolicy::kMin, SelectPolicy::kDisabled));
  };
  const HpaDirection up = any_direction();
  HpaBehavior behavior(up, any_direction());
  const std::int64_t min = *rc::gen::inRange(1, 5);
  const std::int64_t max = min + *rc::gen::inRange(0, 30);
  std::int64_t current = *rc::gen::inRange(min, max + 1);
  Micros now;
  for (int i = 0; i < 30; ++i) {
    now += seconds(*rc::gen::inRange(1, 30));
    const std::int64_t proposed = *rc::gen::inRange(0, 40);
    const std::int64_t next = behavior.next(now, current, proposed, min, max);
    RC_ASSERT(next >= min && next <= max);
    if (next > current) RC_ASSERT(next <= std::max(proposed, min));
    if (next > current) RC_ASSERT(up.select != SelectPolicy::kDisabled);
    current = next;
  }
}

TEST(ScalingMetrics, AreWhatTheirNamesSay) {
  const ReplicaReport replica{
      .waiting_requests = 3, .kv_tokens = 200, .kv_tokens_in_use = 50, .in_flight_requests = 7};
  EXPECT_EQ(find_scaling_metric("kv-utilization")->of_replica(replica), 0.25);
  EXPECT_EQ(find_scaling_metric("queue-length")->of_replica(replica), 3);
  EXPECT_EQ(find_scaling_metric("in-flight-requests")->of_replica(replica), 7);
  EXPECT_EQ(find_scaling_metric("gateway-queue")->of_gateway({.waiting_requests = 9}), 9);
  EXPECT_EQ(find_scaling_metric("nonsense"), nullptr);
}

TEST(Hpa, TakesTheMetricThatAsksForMost) {
  AutoscalerConfig config;
  config.policy = "hpa";
  ScaleTarget target{.max_replicas = 9};
  target.hpa.metrics = {{"queue-length", 10}, {"in-flight-requests", 5}};
  config.targets = {target};
  const auto hpa = find_scaling_policy("hpa")->make(config);
  FleetReport report{.model = "m"};
  report.serving = {
      {.model = "m", .waiting_requests = 10, .kv_tokens = 1, .in_flight_requests = 20}};
  const std::vector<TargetState> state = {{.min_replicas = 1, .max_replicas = 9, .desired = 1}};
  const auto decisions = hpa->decide(report, state);
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].desired, 4);
}

TEST(Hpa, WaitsForTheFirstMeasurement) {
  AutoscalerConfig config;
  ScaleTarget target{.max_replicas = 9};
  target.hpa.metrics = {{"queue-length", 10}};
  config.targets = {target};
  const auto hpa = find_scaling_policy("hpa")->make(config);
  FleetReport report{.model = "m"};
  report.serving = {{.model = "m", .kv_tokens = 0}};
  const std::vector<TargetState> state = {{.min_replicas = 1, .max_replicas = 9, .desired = 1}};
  EXPECT_TRUE(hpa->decide(report, state).empty());
}

}  // namespace
}  // namespace blis::control
