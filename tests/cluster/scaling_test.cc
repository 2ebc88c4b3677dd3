// Fleets whose replicas are scaled within limits: HPA, sleep and waking, roles.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "testing/fleet_test.h"

namespace blis::cluster {
namespace {

class Scaling : public testing::FleetTest {
 protected:
  Scaling() { config_.control.autoscaler.interval = Micros(10'000); }
  void add_gpus(std::int64_t gpus) { add_pool("H100", "H100", gpus); }
  control::ScaleTarget& scale_by_in_flight(double target, std::int64_t min, std::int64_t max,
                                           gateway::PoolRoles roles = gateway::kNoRole) {
    config_.control.autoscaler.policy = "hpa";
    control::ScaleTarget& t = config_.control.autoscaler.targets.emplace_back();
    t = {.roles = roles, .min_replicas = min, .max_replicas = max};
    t.hpa.metrics = {{"in-flight-requests", target}};
    t.hpa.down.stabilization_window = Micros(100'000);
    return t;
  }
};

TEST_F(Scaling, AnHpaGrowsToWhatTheLoadNeedsAndNoFurther) {
  add_gpus(8);
  scale_by_in_flight(5, 1, 5);
  for (int i = 0; i < 40; ++i) add(i * 500, 320, 100);
  run();
  EXPECT_EQ(result_.instances.size(), 5u);
  EXPECT_EQ(completed(), 40);
}

TEST_F(Scaling, ADelayedDecisionIsNotMadeTwice) {
  add_gpus(8);
  scale_by_in_flight(20, 1, 8);
  config_.control.autoscaler.scrape_delay = {.mean_s = 0.05};  // five intervals
  for (int i = 0; i < 40; ++i) add(1000, 320, 200);
  run();
  EXPECT_EQ(result_.instances.size(), 2u);
  EXPECT_EQ(completed(), 40);
}

TEST_F(Scaling, ASleepingFleetWakesForWhoWasTurnedAway) {
  add_gpus(2);
  scale_by_in_flight(5, 0, 2).idle_timeout = Micros(50'000);
  add(0);
  add(200'000);  // turned away, but heard
  add(250'000);
  run();
  EXPECT_EQ(result_.gateway.routing_rejections, 1);
  EXPECT_EQ(completed(), 2);
  EXPECT_EQ(result_.instances.size(), 2u);
}

TEST_F(Scaling, HeldRequestsAreServedByTheFleetThatTheyWake) {
  add_gpus(2);
  scale_by_in_flight(5, 0, 2).idle_timeout = Micros(50'000);
  config_.control.empty_fleet_hold = Micros(100'000);
  config_.control.loading_delay.mean_s = 0.02;
  config_.control.warm_start_initial_instances = true;
  add(0);
  add(200'000);
  add(201'000);
  run();
  EXPECT_EQ(result_.gateway.routing_rejections, 0);
  EXPECT_EQ(completed(), 3);
}

TEST_F(Scaling, HeldRequestsAreTurnedAwayWhenTheirTimeIsUp) {
  add_gpus(1);
  config_.control.autoscaler.interval = Micros(0);
  config_.control.loading_delay.mean_s = 0.1;
  config_.control.empty_fleet_hold = Micros(50'000);
  add(49'999);  // until 99'999
  add(50'001);
  run();
  EXPECT_EQ(result_.gateway.routing_rejections, 1);
  EXPECT_EQ(completed(), 1);
}

TEST_F(Scaling, AddedInstancesJoinThePoolOfTheirRole) {
  add_gpus(8);
  config_.num_instances = 2;
  config_.disaggregation.pools = {.prefill = 1, .decode = 1};
  config_.disaggregation.decider = "always";
  config_.disaggregation.transfer.kv_bytes_per_token = 1;
  config_.disaggregation.transfer.block_size_tokens = 16;
  config_.instance.total_kv_blocks = 1000;
  scale_by_in_flight(0.5, 1, 2, gateway::kPrefillRole);
  scale_by_in_flight(5, 1, 3, gateway::kDecodeRole);
  for (int i = 0; i < 60; ++i) add(i * 500, 160, 60);
  run();
  std::int64_t prefills = 0, decodes = 0;
  for (const InstanceResult& i : result_.instances) {
    prefills += i.serves_prefill ? 1 : 0;
    decodes += i.serves_decode ? 1 : 0;
    if (i.serves_prefill || i.serves_decode) {
      EXPECT_FALSE(i.rows.empty()) << i.name;
    }
  }
  EXPECT_EQ(prefills, 2);
  EXPECT_EQ(decodes, 3);
  EXPECT_EQ(result_.disaggregation->decode_completed, 60);
}

TEST_F(Scaling, ADrainedIdleInstanceEndsAtOnceIfItIsLet) {
  for (const char* policy : {"WAIT", "IMMEDIATE", "REDIRECT", "reference"}) {
    SCOPED_TRACE(policy);
    source_ = {};
    config_.control = {};
    add_gpus(3);
    config_.num_instances = 3;
    config_.control.autoscaler.interval = Micros(10'000);
    config_.control.autoscaler.policy = "scheduled";
    config_.control.autoscaler.targets = {{.min_replicas = 1, .max_replicas = 3}};
    config_.control.autoscaler.schedule = {{.at = Micros(20'000), .desired_replicas = 1},
                                           {.at = Micros(40'000), .desired_replicas = 3}};
    config_.control.drain.policy = policy;
    add(100'000);
    run();
    // Whoever never ends keeps his GPUs, and there are only three.
    EXPECT_EQ(result_.instances.size(), policy == std::string("reference") ? 3u : 5u);
    EXPECT_EQ(completed(), 1);
  }
}

TEST_F(Scaling, WhatADrainDoesNotWaitForIsLost) {
  const auto lost_with = [&](const std::string& policy, std::int64_t timeout_us) {
    source_ = {};
    config_.control = {};
    config_.num_instances = 2;
    config_.control.autoscaler.interval = Micros(10'000);
    config_.control.autoscaler.policy = "scheduled";
    config_.control.autoscaler.targets = {{.min_replicas = 1, .max_replicas = 2}};
    config_.control.autoscaler.schedule = {{.at = Micros(20'000), .desired_replicas = 1}};
    config_.control.drain = {.policy = policy, .timeout = Micros(timeout_us)};
    for (int i = 0; i < 10; ++i) add(i, 16, 100);  // 100 ms each
    run();
    EXPECT_EQ(completed() + result_.gateway.lost_in_drain, 10);
    return result_.gateway.lost_in_drain;
  };
  EXPECT_EQ(lost_with("reference", 0), 0);
  EXPECT_EQ(lost_with("WAIT", 0), 0);
  EXPECT_EQ(lost_with("WAIT", 200'000), 0);
  EXPECT_EQ(lost_with("WAIT", 10'000), 5);
  EXPECT_EQ(lost_with("IMMEDIATE", 0), 5);
}

// One request after the other runs on each of two instances, 100 ms each, and 1 ms passes between
// routing and queue. The first instance has one that runs, three that wait, and one on its way when
// it is told to go, at 20 ms.
TEST_F(Scaling, WhatHasNotBegunToRunIsRedirected) {
  const auto served_by_first = [&](const std::string& policy) {
    source_ = {};
    config_.control = {};
    config_.num_instances = 2;
    config_.instance.max_num_seqs = 1;
    config_.gateway.routing.policy = "round-robin";
    config_.latency = std::make_shared<testing::FixedLatency>(1000, 1000, 0, 0);
    config_.control.autoscaler.interval = Micros(10'000);
    config_.control.autoscaler.policy = "scheduled";
    config_.control.autoscaler.targets = {{.min_replicas = 1, .max_replicas = 2}};
    config_.control.autoscaler.schedule = {{.at = Micros(20'000), .desired_replicas = 1}};
    config_.control.drain.policy = policy;
    for (int i = 0; i < 8; ++i) add(i, 16, 100);
    add(19'500, 16, 100);
    add(19'500, 16, 100);
    run();
    EXPECT_EQ(completed(), 10);
    EXPECT_EQ(result_.gateway.lost_in_drain + result_.gateway.routing_rejections, 0);
    std::size_t rows = 0;
    std::int64_t input_tokens = 0;
    for (const InstanceResult& i : result_.instances) {
      rows += i.rows.size();
      input_tokens += i.metrics.total_input_tokens;
      EXPECT_EQ(std::ssize(i.rows), i.metrics.completed_requests) << "a row is where it ended";
    }
    EXPECT_EQ(rows, 10u);
    EXPECT_EQ(input_tokens, 160) << "nothing is counted twice";
    return result_.instances[0].metrics.completed_requests;
  };
  EXPECT_EQ(served_by_first("WAIT"), 5);
  EXPECT_EQ(result_.gateway.redirected, 0);
  EXPECT_EQ(served_by_first("REDIRECT"), 1);
  EXPECT_EQ(result_.gateway.redirected, 4);
  std::int64_t arrivals = 0;
  for (const auto& [slo_class, count] : result_.gateway.injected_by_class) arrivals += count;
  EXPECT_EQ(arrivals, 10) << "who comes back is no new arrival";
}

TEST_F(Scaling, RedirectedRequestsPassAdmissionAgainAndKeepTheirDeadlines) {
  config_.num_instances = 2;
  config_.instance.max_num_seqs = 1;
  config_.gateway.routing.policy = "round-robin";
  config_.gateway.admission_latency = Micros(7);
  config_.control.autoscaler.policy = "scheduled";
  config_.control.autoscaler.targets = {{.min_replicas = 1, .max_replicas = 2}};
  config_.control.autoscaler.schedule = {{.at = Micros(20'000), .desired_replicas = 1}};
  config_.control.drain.policy = "REDIRECT";
  for (int i = 0; i < 3; ++i) add(i, 16, 100);
  source_.specs.back().deadline = Micros(150'000);
  run();
  // It waits at the first instance, then at the second, whose first request ends at 100 ms; its
  // deadline comes while it runs, and only there.
  EXPECT_EQ(result_.gateway.redirected, 1);
  EXPECT_EQ(completed(), 2);
  EXPECT_EQ(result_.instances[0].metrics.timed_out_requests, 0);
  EXPECT_EQ(result_.instances[1].metrics.timed_out_requests, 1);
}

TEST_F(Scaling, RedirectedRequestsAreTurnedAwayIfNobodyIsLeft) {
  config_.instance.max_num_seqs = 1;
  config_.control.autoscaler.policy = "scheduled";
  config_.control.autoscaler.targets = {{.min_replicas = 0, .max_replicas = 1}};
  config_.control.autoscaler.schedule = {{.at = Micros(20'000), .desired_replicas = 0}};
  config_.control.drain.policy = "REDIRECT";
  for (int i = 0; i < 3; ++i) add(i, 16, 100);
  run();
  EXPECT_EQ(completed(), 1);
  EXPECT_EQ(result_.gateway.routing_rejections, 2);
}

TEST_F(Scaling, PrefillsAreRedirectedWithinTheirPool) {
  add_gpus(8);
  config_.num_instances = 3;
  config_.instance.max_num_seqs = 1;
  config_.instance.total_kv_blocks = 1000;
  config_.disaggregation.pools = {.prefill = 2, .decode = 1};
  config_.disaggregation.decider = "always";
  config_.disaggregation.transfer.kv_bytes_per_token = 1;
  config_.disaggregation.transfer.block_size_tokens = 16;
  // Pools that share one round-robin counter would leave half of each idle.
  config_.gateway.routing.policy = "least-loaded";
  config_.latency = std::make_shared<testing::FixedLatency>(30'000, 0, 0, 0);
  config_.instance.step_effects_at_end = true;  // else prefills are over when they begin
  config_.control.autoscaler.policy = "scheduled";
  config_.control.autoscaler.targets = {
      {.roles = gateway::kPrefillRole, .min_replicas = 1, .max_replicas = 2},
      {.roles = gateway::kDecodeRole, .min_replicas = 1, .max_replicas = 1}};
  config_.control.autoscaler.schedule = {
      {.at = Micros(20'000), .roles = gateway::kPrefillRole, .desired_replicas = 1}};
  config_.control.drain.policy = "REDIRECT";
  for (int i = 0; i < 8; ++i) add(i, 160, 2);
  run();
  EXPECT_EQ(result_.gateway.redirected, 3);
  EXPECT_EQ(result_.disaggregation->decode_completed, 8);
  EXPECT_EQ(result_.instances[0].rows.size(), 1u);
}

TEST_F(Scaling, AnotherOptimizerIsHeard) {
  add_gpus(3);
  config_.control.autoscaler.optimizer = "placement-aware";
  for (int i = 0; i < 40; ++i) add(i * 500, 320, 100);
  run();
  EXPECT_EQ(result_.instances.size(), 3u);
  for (const Diagnostics::Entry& entry : diagnostics_.entries()) {
    EXPECT_NE(entry.kind, "the autoscaler found no GPUs for an instance");
  }
}

}  // namespace
}  // namespace blis::cluster
