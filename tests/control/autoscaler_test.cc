// What scale targets make of a policy's wishes: limits, numbers to arrive at, sleep and waking.

#include "control/autoscaler.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <vector>

namespace blis::control {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

AutoscalerConfig hpa_of_in_flight(double target, std::int64_t min, std::int64_t max) {
  AutoscalerConfig config;
  config.interval = Micros(kSecond);
  config.policy = "hpa";
  ScaleTarget t{.min_replicas = min, .max_replicas = max};
  t.hpa.metrics = {{"in-flight-requests", target}};
  t.hpa.down.stabilization_window = Micros(0);
  config.targets = {t};
  return config;
}

FleetReport fleet(std::int64_t second, std::int64_t serving, std::int64_t loading,
                  std::int64_t in_flight_each, std::int64_t at_gateway = 0) {
  FleetReport report{.now = Micros(second * kSecond), .model = "m"};
  const ReplicaReport replica{.model = "m",
                              .variant = {.gpu_type = "H100"},
                              .kv_tokens = 1000,
                              .in_flight_requests = in_flight_each};
  for (std::int64_t i = 0; i < serving; ++i) report.serving.push_back(replica);
  for (std::int64_t i = 0; i < loading; ++i) report.loading.push_back(replica);
  report.demand.waiting_requests = at_gateway;
  return report;
}

std::optional<std::int64_t> desired(const Autoscaler::Plan& plan) {
  if (plan.decisions.empty()) return std::nullopt;
  return plan.decisions[0].desired;
}

TEST(Autoscaler, CountsWhatIsUnderWay) {
  Autoscaler scaler(hpa_of_in_flight(10, 1, 8), 1);
  EXPECT_EQ(desired(scaler.tick(fleet(0, 1, 0, 30))), 3);
  // Nothing has happened yet; the wish is repeated, not added to.
  EXPECT_EQ(desired(scaler.tick(fleet(1, 1, 0, 30))), 3);
  EXPECT_EQ(desired(scaler.tick(fleet(2, 1, 2, 30))), std::nullopt);
}

TEST(Autoscaler, TurnsTheChangesOfThePipelineIntoNumbers) {
  AutoscalerConfig config;
  config.interval = Micros(kSecond);
  config.targets = {ScaleTarget{.min_replicas = 1, .max_replicas = 4}};
  Autoscaler scaler(config, 1);
  FleetReport overloaded = fleet(0, 1, 0, 5);
  overloaded.serving[0].kv_tokens_in_use = 1000;  // required 450, 800 per replica
  EXPECT_EQ(desired(scaler.tick(overloaded)), 2);
  overloaded.now = Micros(kSecond);
  EXPECT_EQ(desired(scaler.tick(overloaded)), 2) << "the same two, not a third";
  overloaded.serving[0].kv_tokens_in_use = 100'000;
  EXPECT_EQ(desired(scaler.tick(overloaded)), 4) << "max_replicas";
}

TEST(Autoscaler, BringsAFleetWithinItsLimits) {
  Autoscaler small(hpa_of_in_flight(10, 3, 8), 1);
  EXPECT_EQ(desired(small.tick(fleet(0, 1, 0, 0))), 3);
  Autoscaler large(hpa_of_in_flight(10, 1, 2), 1);
  EXPECT_EQ(desired(large.tick(fleet(0, 5, 0, 10))), 2);
}

TEST(Autoscaler, SleepsAfterTheIdleTimeoutAndWakesForTheGateway) {
  AutoscalerConfig config = hpa_of_in_flight(10, 0, 8);
  config.targets[0].idle_timeout = Micros(10 * kSecond);
  Autoscaler scaler(config, 1);
  EXPECT_EQ(desired(scaler.tick(fleet(0, 2, 0, 1))), 1) << "has work: never below one";
  EXPECT_EQ(desired(scaler.tick(fleet(9, 1, 0, 0))), std::nullopt);
  EXPECT_EQ(desired(scaler.tick(fleet(10, 1, 0, 0))), 0);
  EXPECT_EQ(desired(scaler.tick(fleet(11, 0, 0, 0))), std::nullopt);
  EXPECT_EQ(desired(scaler.tick(fleet(12, 0, 0, 0, 3))), 1);
  EXPECT_EQ(desired(scaler.tick(fleet(13, 0, 1, 0, 0))), std::nullopt) << "awake for a while";
}

TEST(Autoscaler, TakesBackWhatIsUnderWay) {
  Autoscaler scaler(hpa_of_in_flight(10, 1, 8), 1);
  EXPECT_EQ(desired(scaler.tick(fleet(0, 1, 0, 30))), 3);
  EXPECT_EQ(desired(scaler.tick(fleet(20, 1, 0, 1))), 1) << "although one is what there is";
}

TEST(Autoscaler, FollowsItsSchedule) {
  AutoscalerConfig config;
  config.interval = Micros(kSecond);
  config.policy = "scheduled";
  config.targets = {ScaleTarget{.min_replicas = 1, .max_replicas = 4}};
  config.schedule = {
      {.at = Micros(2 * kSecond), .every = Micros(10 * kSecond), .desired_replicas = 3},
      {.at = Micros(5 * kSecond), .every = Micros(10 * kSecond), .desired_replicas = 1},
      {.at = Micros(40 * kSecond), .min_replicas = 5}};
  Autoscaler scaler(config, 1);
  EXPECT_EQ(desired(scaler.tick(fleet(0, 1, 0, 0))), std::nullopt);
  EXPECT_EQ(desired(scaler.tick(fleet(3, 1, 0, 0))), 3) << "the first tick after its time";
  EXPECT_EQ(desired(scaler.tick(fleet(4, 3, 0, 0))), std::nullopt);
  EXPECT_EQ(desired(scaler.tick(fleet(5, 3, 0, 0))), 1);
  EXPECT_EQ(desired(scaler.tick(fleet(12, 1, 0, 0))), 3);
  EXPECT_EQ(desired(scaler.tick(fleet(15, 3, 0, 0))), 1);
  EXPECT_EQ(desired(scaler.tick(fleet(41, 1, 0, 0))), 5) << "its minimum raises the maximum";
}

RC_GTEST_PROP(Autoscaler, NeverAsksForMoreOrFewerThanTheLimits, ()) {
  const std::int64_t min = *rc::gen::inRange(0, 4);
  const std::int64_t max = std::max<std::int64_t>(1, min + *rc::gen::inRange(0, 6));
  AutoscalerConfig config = hpa_of_in_flight(*rc::gen::inRange(1, 20), min, max);
  if (*rc::gen::inRange(0, 2) == 0) config.policy = "saturation-pipeline";
  config.targets[0].idle_timeout = Micros(*rc::gen::inRange(1, 20) * kSecond);
  Autoscaler scaler(config, 1);
  std::int64_t second = 0;
  for (int i = 0; i < 20; ++i) {
    second += *rc::gen::inRange(1, 10);
    FleetReport report = fleet(second, *rc::gen::inRange(0, 12), *rc::gen::inRange(0, 3),
                               *rc::gen::inRange(0, 40), *rc::gen::inRange(0, 3));
    for (ReplicaReport& r : report.serving) r.kv_tokens_in_use = *rc::gen::inRange(0, 2000);
    const Autoscaler::Plan plan = scaler.tick(report);
    for (const Decision& d : plan.decisions) {
      RC_ASSERT(d.desired.has_value());
      RC_ASSERT(*d.desired >= min && *d.desired <= max);
    }
  }
}

}  // namespace
}  // namespace blis::control
