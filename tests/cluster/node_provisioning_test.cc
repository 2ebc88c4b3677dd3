// Fleets whose machines come and go, and instances that wait for them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "testing/fleet_test.h"

namespace blis::cluster {
namespace {

using ::testing::ElementsAre;

class Provisioning : public testing::FleetTest {
 protected:
  Provisioning() {
    config_.control.node_provisioning = {.is_enabled = true, .idle_time = Micros(100'000)};
  }
  control::NodePool& add_pool(std::string gpu_type, std::int64_t gpus, std::int64_t initial,
                              std::int64_t max, double delay_s = 0) {
    control::NodePool& pool = FleetTest::add_pool(gpu_type, gpu_type, gpus, initial);
    pool.max_nodes = max;
    pool.provisioning_delay.mean_s = delay_s;
    return pool;
  }
};

TEST_F(Provisioning, StartsNodesForInstancesThatFitNowhere) {
  add_pool("H100", 2, 0, 5, 0.02);
  config_.num_instances = 3;
  source_.add(16, 3, Micros(19'999));
  source_.add(16, 3, Micros(20'001));
  run();
  EXPECT_THAT(names(), ElementsAre("instance_0", "instance_1", "instance_2"));
  EXPECT_EQ(result_.gateway.routing_rejections, 1) << "nobody is there before the nodes are";
  EXPECT_EQ(completed(), 1);
  EXPECT_EQ(result_.placement->nodes_provisioned, 2);
  EXPECT_EQ(result_.placement->instances_waited, 3);
  EXPECT_EQ(result_.placement->most_waiting, 3);
  EXPECT_EQ(result_.placement->instances_waiting, 0);
}

TEST_F(Provisioning, StopsAtTheMaximum) {
  add_pool("H100", 2, 1, 2);
  config_.num_instances = 7;
  source_.add(16, 3, Micros(10));
  run();
  EXPECT_EQ(names().size(), 4u);
  EXPECT_EQ(result_.placement->nodes, 2);
  EXPECT_EQ(result_.placement->instances_waiting, 3);
}

TEST_F(Provisioning, RemovesWhatStandsEmptyButKeepsTheMinimum) {
  add_pool("H100", 1, 4, 4).min_nodes = 2;
  source_.add(16, 3, Micros(50'000));
  source_.add(16, 3, Micros(200'000));
  run();
  EXPECT_EQ(result_.placement->nodes, 2) << "the one in use and one more";
  EXPECT_EQ(result_.placement->nodes_removed, 2);
  // All four are paid for until two go at 100 ms; only one was ever owned.
  EXPECT_EQ(result_.gpu_usage.provisioned_gpu_us(), 2 * result_.clock.count() + 2 * 100'000);
  EXPECT_EQ(result_.gpu_usage.owned_gpu_us(), result_.clock.count());
}

TEST_F(Provisioning, ANodeIsPaidForFromWhenItIsReady) {
  add_pool("H100", 2, 0, 1, 0.02).cost_usd_per_hour = 7.2;
  source_.add(16, 3, Micros(50'000));
  run();
  const std::int64_t present_us = result_.clock.count() - 20'000;
  EXPECT_EQ(result_.gpu_usage.provisioned_gpu_us(), 2 * present_us);
  EXPECT_EQ(result_.gpu_usage.owned_gpu_us(), present_us);
  EXPECT_DOUBLE_EQ(*result_.gpu_usage.cost_usd(), 7.2 * static_cast<double>(present_us) / 3.6e9);
}

TEST_F(Provisioning, FillsPoolsUpToTheirMinimum) {
  add_pool("H100", 1, 0, 4).min_nodes = 3;
  source_.add(16, 3, Micros(500'000));
  run();
  EXPECT_EQ(result_.placement->nodes, 3);
  EXPECT_EQ(completed(), 1);
}

TEST_F(Provisioning, ANodeInUseStays) {
  add_pool("H100", 1, 1, 1);
  source_.add(16, 3, Micros(10));
  source_.add(16, 3, Micros(900'000));
  run();
  EXPECT_EQ(result_.placement->nodes_removed, 0);
  EXPECT_EQ(completed(), 2);
}

TEST_F(Provisioning, GrowsWithTheAutoscalerAndIsNotAskedTwice) {
  add_pool("H100", 1, 1, 3, 0.03);
  config_.control.autoscaler.interval = Micros(5'000);
  for (int i = 0; i < 60; ++i) source_.add(320, 100, Micros(i * 1'500));
  run();
  EXPECT_EQ(completed(), 60);
  EXPECT_EQ(result_.placement->nodes_provisioned, 2);
  // The same need is seen at every tick, but nobody is asked for twice: 60 requests of 420 tokens
  // would be 64 % of the capacity of 25 instances.
  EXPECT_LT(result_.placement->instances_waited, 30);
}

TEST_F(Provisioning, WhoWaitsCountsTowardsATargetAndIsCalledOffFirst) {
  add_pool("H100", 1, 1, 3, 0.05);
  config_.control.autoscaler.interval = Micros(5'000);
  config_.control.autoscaler.policy = "scheduled";
  config_.control.autoscaler.targets = {{.min_replicas = 1, .max_replicas = 5}};
  config_.control.autoscaler.schedule = {{.at = Micros(0), .desired_replicas = 5},
                                         {.at = Micros(20'000), .desired_replicas = 2}};
  source_.add(16, 3, Micros(10));
  source_.add(16, 3, Micros(100'000));
  run();
  EXPECT_EQ(result_.placement->instances_waited, 4) << "asked for once, at four ticks";
  EXPECT_EQ(result_.placement->instances_waiting, 0);
  EXPECT_THAT(names(), ElementsAre("instance_0", "autoscale-m-000001"));
  EXPECT_EQ(completed(), 2);
}

TEST_F(Provisioning, WaitingInstancesTakeWhatOthersLeave) {
  config_.control.node_provisioning = {};
  config_.control.placement.retries = true;
  add_pool("H100", 1, 1, 1);
  config_.num_instances = 2;
  // The first instance dies for good; the second one, which waited, takes its GPU.
  source_.add(16, 3, Micros(10));
  source_.add(16, 3, Micros(100'000));
  class Nobody final : public LiveListener {
    void on_arrival(RequestId) override {}
    void on_step(InstanceId) override {}
    void on_end(RequestId, request::TerminalOutcome, Micros) override {}
    void on_loss(RequestId, Loss, Micros) override {}
  } nobody;
  Simulation simulation(config_, symbols_, source_, nullptr, diagnostics_);
  simulation.start(nobody);
  simulation.close_source();
  simulation.run_before(Micros(50'000));
  EXPECT_EQ(simulation.fleet().size(), 1u);
  simulation.drop_instance(InstanceId(std::size_t{0}));
  simulation.run_before(Micros::max());
  result_ = simulation.finish();
  EXPECT_THAT(names(), ElementsAre("instance_0", "instance_1"));
  EXPECT_EQ(completed(), 2);
}

TEST_F(Provisioning, HardwareOfTheNodeDecidesHowFastAnInstanceIs) {
  config_.control.node_provisioning = {};
  config_.control.placement.hardware_of_node = true;
  add_pool("H100", 1, 1, 1);
  add_pool("L40S", 1, 1, 1);
  config_.node_hardware["H100"].latency = std::make_shared<testing::FixedLatency>();
  config_.node_hardware["L40S"].latency = std::make_shared<testing::FixedLatency>(5'000, 0, 0, 0);
  config_.num_instances = 2;
  config_.gateway.routing.policy = "round-robin";
  source_.add(16, 11);
  source_.add(16, 11);
  run();
  EXPECT_EQ((*result_.requests)[RequestId(std::size_t{0})].measured.e2e, Micros(11'000));
  EXPECT_EQ((*result_.requests)[RequestId(std::size_t{1})].measured.e2e, Micros(55'000));
}

TEST_F(Provisioning, InstancesTakeTheGpusThatTheyComputeWith) {
  config_.control.node_provisioning = {};
  add_pool("H100", 8, 1, 1);
  config_.tensor_parallel = 2;
  config_.data_parallel = 3;
  config_.num_instances = 4;
  source_.add(16, 3);
  run();
  EXPECT_EQ(names().size(), 4u) << "2 GPUs each, as the reference counts";
  source_ = {};
  config_.control.placement.gpus_of_instance = true;
  run();
  EXPECT_EQ(names().size(), 1u) << "2 x 3 GPUs";
}

TEST_F(Provisioning, OverriddenPoolsTakeTheirOwnNumberOfGpus) {
  config_.control.node_provisioning = {};
  config_.control.placement.gpus_of_instance = true;
  add_pool("H100", 8, 1, 1);
  config_.num_instances = 3;
  config_.disaggregation.pools = {.prefill = 1, .decode = 2};
  config_.prefill_pool = {.tensor_parallel = 1, .total_kv_blocks = 100, .latency = config_.latency};
  config_.decode_pool = {.tensor_parallel = 4, .total_kv_blocks = 100, .latency = config_.latency};
  run();
  EXPECT_THAT(names(), ElementsAre("instance_0", "instance_1")) << "1 + 4 GPUs; 3 are left";
}

}  // namespace
}  // namespace blis::cluster
