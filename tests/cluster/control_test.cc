// Fleets that load, grow, shrink and run dry. SOURCE spec control-plane 4, 5, 7, 12.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/fleet_test.h"

namespace blis::cluster {
namespace {

using ::testing::ElementsAre;

class ControlPlane : public testing::FleetTest {
 protected:
  std::int64_t warnings(std::string_view kind) const {
    const auto found = std::ranges::find(diagnostics_.entries(), kind, &Diagnostics::Entry::kind);
    return found == diagnostics_.entries().end() ? 0 : found->count;
  }
};

TEST_F(ControlPlane, InstancesWithoutGpusDoNotExist) {
  add_pool("a", "H100", 4, 2);
  add_pool("b", "A100", 8);
  config_.tensor_parallel = 4;
  config_.num_instances = 5;
  for (int i = 0; i < 8; ++i) add(i);
  run();
  EXPECT_THAT(names(), ElementsAre("instance_0", "instance_1", "instance_2", "instance_3"));
  EXPECT_THAT(requests_by_instance(), ElementsAre(2, 2, 2, 2));
  EXPECT_EQ(warnings("an instance finds no GPUs in the node pools and is left out"), 1);
}

TEST_F(ControlPlane, WithoutAnyInstanceEveryRequestIsTurnedAway) {
  add_pool("a", "H100", 4, 0);
  add(0);
  add(10);
  run();
  EXPECT_TRUE(result_.instances.empty());
  EXPECT_EQ(result_.gateway.routing_rejections, 2);
}

TEST_F(ControlPlane, AnInstanceServesFromTheMomentItIsLoaded) {
  add_pool("a", "H100", 1);
  config_.control.loading_delay.mean_s = 0.1;
  add(99'999);
  add(100'000);
  run();
  EXPECT_EQ(result_.gateway.routing_rejections, 1);
  EXPECT_THAT(requests_by_instance(), ElementsAre(1));
}

TEST_F(ControlPlane, LoadingNeedsNodePoolsAndAColdStart) {
  config_.control.loading_delay.mean_s = 5;
  add(0);
  run();
  EXPECT_EQ(completed(), 1) << "without node pools nothing is loaded";
}

TEST_F(ControlPlane, AWarmStartSkipsTheInitialLoad) {
  add_pool("a", "H100", 1);
  config_.control.loading_delay.mean_s = 5;
  config_.control.warm_start_initial_instances = true;
  add(0);
  run();
  EXPECT_EQ(completed(), 1);
}

TEST_F(ControlPlane, KvCapacityFollowsTheMemoryOfTheGpus) {
  model::Architecture& a = config_.kv_sizing.emplace().architecture;
  a.num_layers = 4;
  a.hidden_dim = 256;
  a.num_heads = 4;
  a.num_kv_heads = 4;
  a.intermediate_dim = 512;
  a.vocab_size = 1000;
  a.activation_bytes = 2;
  add_pool("a", "H100", 1);
  run();
  model::KvCapacityInputs inputs = config_.kv_sizing->inputs;
  inputs.memory_gib = 80;
  ASSERT_GT(model::kv_block_count(a, inputs), 100);
  // Not sized, this input of 1601 tokens would exceed the 100 blocks and be dropped.
  source_ = {};
  add(0, 1601, 1);
  run();
  EXPECT_EQ(completed(), 1);
}

TEST_F(ControlPlane, GrowsUnderLoadUntilTheGpusAreUsedUp) {
  add_pool("a", "H100", 3);
  config_.control.autoscaler.interval = Micros(10'000);
  for (int i = 0; i < 40; ++i) add(i * 500, 320, 100);
  run();
  EXPECT_THAT(names(), ElementsAre("instance_0", "autoscale-m-000001", "autoscale-m-000002"));
  EXPECT_GT(warnings("the autoscaler found no GPUs for an instance"), 0);
  EXPECT_EQ(completed(), 40);
}

TEST_F(ControlPlane, CannotGrowWithoutNodePools) {
  config_.control.autoscaler.interval = Micros(10'000);
  for (int i = 0; i < 40; ++i) add(i * 500, 320, 100);
  run();
  EXPECT_THAT(names(), ElementsAre("instance_0"));
  EXPECT_GT(warnings("the autoscaler cannot add instances without node pools"), 0);
}

TEST_F(ControlPlane, AQuietMomentDrainsTheWholeFleet) {
  config_.num_instances = 3;
  config_.control.autoscaler.interval = Micros(100'000);
  // The fresh signals of time 0 show nobody at work: the reference loses the whole workload, too.
  add(0);
  add(200'000);
  run();
  EXPECT_EQ(result_.gateway.routing_rejections, 1);
  EXPECT_EQ(completed(), 1) << "who was routed before is served to the end";
}

TEST_F(ControlPlane, NobodyIsLostWhateverTheFleetDoes) {
  for (const std::int64_t interval : {3'000, 20'000, 77'000}) {
    for (const double delay : {0.0, 0.004, 0.03}) {
      SCOPED_TRACE(interval);
      source_ = {};
      config_.control = {};
      add_pool("a", "H100", 4);
      add_pool("b", "A100", 2);
      config_.num_instances = 2;
      config_.control.loading_delay = {.mean_s = delay, .stddev_s = delay};
      config_.control.autoscaler.interval = Micros(interval);
      config_.control.autoscaler.scrape_delay = {.mean_s = delay / 2, .stddev_s = delay / 3};
      config_.control.autoscaler.down_window_us = static_cast<double>(3 * interval);
      for (int i = 0; i < 120; ++i) add((i / 30) * 200'000 + (i % 30) * 700, 160, 60);
      run();
      std::int64_t unfinished = 0;
      for (const InstanceResult& i : result_.instances) {
        unfinished += i.metrics.still_queued + i.metrics.still_running;
      }
      EXPECT_EQ(completed() + result_.gateway.routing_rejections + unfinished, 120);
      EXPECT_EQ(unfinished, 0);
    }
  }
}

}  // namespace
}  // namespace blis::cluster
