#include "control/node_provisioning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace blis::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

NodePool pool(std::string gpu_type, std::int64_t gpus, std::int64_t initial, std::int64_t max,
              std::int64_t min = 0) {
  NodePool p;
  p.name = gpu_type + std::to_string(gpus);
  p.gpu_type = std::move(gpu_type);
  p.gpus_per_node = gpus;
  p.gpu_memory_gib = 80;
  p.initial_nodes = initial;
  p.min_nodes = min;
  p.max_nodes = max;
  return p;
}

using Demands = std::vector<GpuDemand>;

TEST(NodeProvisioning, StartsNodesForWhatThoseUnderWayCannotHold) {
  Nodes nodes({pool("H100", 4, 0, 3)});
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"", 2}, {"", 2}, {"", 1}}), ElementsAre(0, 0));
  nodes.provision(0);
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"", 2}, {"", 2}}), IsEmpty());
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"", 2}, {"", 2}, {"", 1}}), ElementsAre(0));
}

TEST(NodeProvisioning, TakesTheFirstPoolThatServes) {
  Nodes nodes({pool("A100", 8, 0, 9), pool("H100", 2, 0, 1), pool("H100", 8, 0, 9)});
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"H100", 1}}), ElementsAre(1));
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"H100", 4}}), ElementsAre(2)) << "2 GPUs are too few";
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"H100", 2}, {"H100", 2}}), ElementsAre(1, 2))
      << "the small pool may have one node";
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"", 1}}), ElementsAre(0));
}

TEST(NodeProvisioning, AsksForNothingWhereNothingWouldHelp) {
  Nodes nodes({pool("H100", 4, 1, 1)});
  EXPECT_THAT(nodes_to_start(nodes, Demands{{"H100", 1}, {"L40S", 1}, {"", 8}}), IsEmpty());
}

TEST(NodeProvisioning, BringsPoolsToTheirMinimumAndNeverBelow) {
  Nodes nodes({pool("H100", 4, 1, 5, 3), pool("A100", 4, 2, 2, 1)});
  EXPECT_THAT(nodes_below_minimum(nodes), ElementsAre(0, 0));
  EXPECT_FALSE(may_be_removed(nodes, 0));
  EXPECT_TRUE(may_be_removed(nodes, 1));
  nodes.terminate(1);
  EXPECT_FALSE(may_be_removed(nodes, 2)) << "the last one of its pool";
}

TEST(NodeProvisioning, RemovesNoNodeThatIsInUseOrNotReady) {
  Nodes nodes({pool("H100", 4, 2, 2)});
  nodes.place(InstanceId(0u), "", 1);
  nodes.take_down(1);
  EXPECT_FALSE(may_be_removed(nodes, 0));
  EXPECT_FALSE(may_be_removed(nodes, 1));
}

// Whatever waits: no pool exceeds its maximum, nodes under way count, and who still waits in the
// end could not be served by one more node either. It can take several rounds: an instance may find
// room in an earlier pool than was planned, that of another one, which then asks once more.
RC_GTEST_PROP(NodeProvisioning, StartsWhatIsNeededAndAllowed, ()) {
  std::vector<NodePool> pools;
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    const auto initial = *rc::gen::inRange<std::int64_t>(0, 3);
    pools.push_back(pool(*rc::gen::element<std::string>("H100", "A100"),
                         *rc::gen::inRange<std::int64_t>(1, 9), initial,
                         initial + *rc::gen::inRange<std::int64_t>(0, 4)));
  }
  Nodes nodes(pools);
  std::vector<GpuDemand> waiting;
  std::uint32_t next = 0;
  const auto is_placed = [&](const GpuDemand& demand) {
    return nodes.place(InstanceId(next++), demand.gpu_type, demand.gpus).has_value();
  };
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
    const GpuDemand demand{*rc::gen::element<std::string_view>("", "H100", "A100"),
                           *rc::gen::inRange<std::int64_t>(1, 9)};
    if (!is_placed(demand)) waiting.push_back(demand);
  }
  for (;;) {
    const std::vector<std::size_t> started = nodes_to_start(nodes, waiting);
    if (started.empty()) break;
    RC_ASSERT(started.size() <= waiting.size());
    std::vector<std::size_t> fresh;
    for (const std::size_t p : started) fresh.push_back(nodes.provision(p));
    RC_ASSERT(nodes_to_start(nodes, waiting).empty());
    for (std::size_t p = 0; p < pools.size(); ++p) {
      RC_ASSERT(nodes.nodes_in(p) <= pools[p].max_nodes);
    }
    for (const std::size_t node : fresh) nodes.make_ready(node);
    RC_ASSERT(std::erase_if(waiting, is_placed) > 0U);
  }
  for (const GpuDemand& demand : waiting) {
    for (std::size_t p = 0; p < pools.size(); ++p) {
      const bool serves = (demand.gpu_type.empty() || demand.gpu_type == pools[p].gpu_type) &&
                          demand.gpus <= pools[p].gpus_per_node;
      RC_ASSERT(!serves || nodes.nodes_in(p) == pools[p].max_nodes);
    }
  }
}

}  // namespace
}  // namespace blis::control
