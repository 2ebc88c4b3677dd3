#include "control/nodes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blis::control {
namespace {

NodePool pool(std::string name, std::string gpu_type, std::int64_t gpus, std::int64_t nodes) {
  return {.name = std::move(name),
          .gpu_type = std::move(gpu_type),
          .gpus_per_node = gpus,
          .gpu_memory_gib = 80,
          .initial_nodes = nodes};
}

InstanceId id(std::uint32_t value) { return InstanceId(value); }

TEST(Nodes, AreFilledInOrderOfPoolsAndNodes) {
  Nodes nodes({pool("a", "H100", 4, 2), pool("b", "A100", 8, 1)});
  EXPECT_EQ(nodes.node_name(nodes.place(id(0), "", 4)->node), "a-0");
  EXPECT_EQ(nodes.node_name(nodes.place(id(1), "", 4)->node), "a-1");
  const std::optional<Placement> third = nodes.place(id(2), "", 4);
  EXPECT_EQ(nodes.node_name(third->node), "b-0");
  EXPECT_EQ(third->gpu_type, "A100");
  EXPECT_EQ(nodes.place(id(3), "", 4)->gpus, (std::vector<std::size_t>{4, 5, 6, 7}));
  EXPECT_FALSE(nodes.place(id(4), "", 4));
  // What an instance leaves behind can be had again.
  nodes.release(id(0));
  EXPECT_EQ(nodes.node_name(nodes.place(id(5), "H100", 4)->node), "a-0");
}

TEST(Nodes, NeverSplitAnInstance) {
  Nodes nodes({pool("a", "H100", 3, 2)});
  ASSERT_TRUE(nodes.place(id(0), "", 2));
  ASSERT_TRUE(nodes.place(id(1), "", 2));
  EXPECT_FALSE(nodes.place(id(2), "", 2)) << "two GPUs are free, on two nodes";
  EXPECT_EQ(nodes.free_gpus(0) + nodes.free_gpus(1), 2);
}

TEST(Nodes, ServeOnlyTheTypeThatWasAskedFor) {
  Nodes nodes({pool("a", "A100", 8, 1)});
  EXPECT_FALSE(nodes.place(id(0), "H100", 1));
  EXPECT_EQ(nodes.free_gpus(0), 8);
}

TEST(Nodes, TakeCostAndMemoryFromTheFirstPoolOfTheType) {
  NodePool second = pool("second", "L40S", 1, 1);
  second.gpu_memory_gib = 24;
  NodePool first = pool("first", "L40S", 1, 0);
  first.gpu_memory_gib = 48;
  EXPECT_EQ(Nodes({first, second}).pool_of_type("L40S").gpu_memory_gib, 48);
}

TEST(Nodes, ThatAreDownOrBrokenTakeNothing) {
  Nodes nodes({pool("a", "H100", 2, 2)});
  nodes.set_broken({0, 0}, true);
  EXPECT_EQ(nodes.place(id(0), "", 2)->node, 1u);
  EXPECT_EQ(nodes.place(id(1), "", 1)->gpus, (std::vector<std::size_t>{1}));
  nodes.release(id(0));
  nodes.take_down(1);
  EXPECT_FALSE(nodes.place(id(2), "", 1));
  nodes.set_broken({1, 1}, true);
  nodes.make_ready(1);
  EXPECT_EQ(nodes.free_gpus(1), 1) << "the node is back, its GPU is not";
  nodes.set_broken({1, 1}, false);
  EXPECT_EQ(nodes.place(id(2), "", 2)->node, 1u);
}

TEST(Nodes, NewOnesAreFilledInOrderOfTheirPools) {
  Nodes nodes({pool("a", "H100", 1, 1), pool("b", "H100", 1, 1)});
  const std::size_t third = nodes.provision(0);
  EXPECT_EQ(nodes.node_name(third), "a-1");
  EXPECT_EQ(nodes.place(id(0), "", 1)->node, 0u);
  EXPECT_EQ(nodes.place(id(1), "", 1)->node, 1u) << "a-1 is not ready";
  nodes.release(id(1));
  nodes.make_ready(third);
  EXPECT_EQ(nodes.place(id(2), "", 1)->node, third) << "pool a comes before pool b";
}

TEST(Nodes, HandOverKeepsTheGpus) {
  Nodes nodes({pool("a", "H100", 4, 2)});
  nodes.place(id(0), "", 4);
  const Placement before = *nodes.place(id(1), "", 3);
  const Placement after = nodes.hand_over(id(1), id(7));
  EXPECT_EQ(after.node, before.node);
  EXPECT_EQ(after.gpus, before.gpus);
  EXPECT_EQ(nodes.owners_on(1), (std::vector{id(7)}));
  EXPECT_EQ(nodes.free_gpus(1), 1);
}

// Whatever nodes and GPUs go through: owned + free + broken = all of a ready node, and placement
// neither gives a GPU twice nor one that is out of service.
RC_GTEST_PROP(Nodes, KeepTheirBooksThroughFailures, ()) {
  Nodes nodes({pool("a", "H100", 3, 2), pool("b", "A100", 2, 1)});
  std::map<InstanceId, std::int64_t> held;
  std::map<std::pair<std::size_t, std::size_t>, bool> broken;
  for (std::uint32_t i = 0; i < 80; ++i) {
    const auto node = *rc::gen::inRange<std::size_t>(0, nodes.node_count());
    switch (*rc::gen::inRange(0, 7)) {
      case 0: {
        const auto count = *rc::gen::inRange<std::int64_t>(1, 4);
        const std::optional<Placement> placement = nodes.place(id(i), "", count);
        if (!placement) break;
        held[id(i)] = count;
        RC_ASSERT(nodes.state(placement->node) == NodeState::kReady);
        for (const std::size_t gpu : placement->gpus) {
          RC_ASSERT(!broken[std::make_pair(placement->node, gpu)]);
        }
        break;
      }
      case 1:
        if (held.empty()) break;
        nodes.release(held.begin()->first);
        held.erase(held.begin());
        break;
      case 2:
        if (nodes.node_count() < 8) nodes.provision(*rc::gen::inRange<std::size_t>(0, 2));
        break;
      case 3:
        if (nodes.state(node) == NodeState::kProvisioning ||
            nodes.state(node) == NodeState::kDown) {
          nodes.make_ready(node);
        }
        break;
      case 4:
        if (nodes.state(node) != NodeState::kReady) break;
        nodes.take_down(node);
        for (const InstanceId owner : nodes.owners_on(node)) {
          nodes.release(owner);
          held.erase(owner);
        }
        break;
      case 5:
        if (nodes.state(node) == NodeState::kReady && nodes.is_empty(node)) nodes.terminate(node);
        break;
      default: {
        const auto gpu = *rc::gen::inRange<std::uint32_t>(0, 2);
        bool& is_broken = broken[std::make_pair(node, std::size_t{gpu})];
        is_broken = !is_broken;
        nodes.set_broken({static_cast<std::uint32_t>(node), gpu}, is_broken);
      }
    }
    std::map<InstanceId, std::int64_t> found;
    for (std::size_t n = 0; n < nodes.node_count(); ++n) {
      const std::int64_t gpus = nodes.pools()[nodes.pool_of(n)].gpus_per_node;
      std::int64_t free = 0;
      for (std::size_t g = 0; g < static_cast<std::size_t>(gpus); ++g) {
        const InstanceId owner = nodes.owner(n, g);
        if (!owner.is_none()) ++found[owner];
        free += owner.is_none() && !broken[std::make_pair(n, g)];
      }
      RC_ASSERT(nodes.free_gpus(n) == (nodes.state(n) == NodeState::kReady ? free : 0));
    }
    RC_ASSERT(found == held);
  }
}

// Laws 1 to 3 of the specification against a list of who holds what.
RC_GTEST_PROP(Nodes, NeverLoseAGpuOrGiveItTwice, ()) {
  std::vector<NodePool> pools;
  const auto pool_count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < pool_count; ++i) {
    pools.push_back(pool(std::to_string(i), *rc::gen::element<std::string>("H100", "A100"),
                         *rc::gen::inRange<std::int64_t>(1, 9),
                         *rc::gen::inRange<std::int64_t>(0, 4)));
  }
  Nodes nodes(pools);
  std::map<InstanceId, std::int64_t> held;
  std::vector<std::int64_t> free_before(nodes.node_count());
  for (std::uint32_t i = 0; i < 60; ++i) {
    for (std::size_t n = 0; n < nodes.node_count(); ++n) free_before[n] = nodes.free_gpus(n);
    if (!held.empty() && *rc::gen::inRange(0, 3) == 0) {
      nodes.release(held.begin()->first);
      held.erase(held.begin());
    } else {
      const auto count = *rc::gen::inRange<std::int64_t>(1, 9);
      const std::optional<Placement> placement = nodes.place(id(i), "", count);
      if (placement) held[id(i)] = count;
      for (std::size_t n = 0; n < nodes.node_count(); ++n) {
        const bool is_chosen = placement && placement->node == n;
        RC_ASSERT(nodes.free_gpus(n) == free_before[n] - (is_chosen ? count : 0));
        if (!placement || n < placement->node) RC_ASSERT(free_before[n] < count);
      }
    }
    std::int64_t owned = 0;
    std::int64_t total = 0;
    std::map<InstanceId, std::int64_t> found;
    std::size_t node = 0;
    for (const NodePool& p : pools) {
      for (std::int64_t k = 0; k < p.initial_nodes; ++k, ++node) {
        total += p.gpus_per_node;
        for (std::size_t g = 0; g < static_cast<std::size_t>(p.gpus_per_node); ++g) {
          if (nodes.owner(node, g).is_none()) continue;
          ++owned;
          ++found[nodes.owner(node, g)];
        }
      }
    }
    std::int64_t free = 0;
    for (std::size_t n = 0; n < nodes.node_count(); ++n) free += nodes.free_gpus(n);
    RC_ASSERT(owned + free == total);
    RC_ASSERT(found == held);
  }
}

}  // namespace
}  // namespace blis::control
