// Machines with GPUs, and which instance owns which GPU.
//
// The initial nodes are there from the start; more can be provisioned, idle ones can go, and nodes
// and single GPUs can be out of service for a while. An instance lives on one node. Laws
// (control-plane 11): every GPU has at most one owner; a placement that fails changes nothing;
// place and release are inverse; owned + free + broken = all GPUs of a node that is ready.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "control/delay.h"
#include "control/inventory.h"

namespace blis::control {

/// Identical machines. The order of pools matters: placement tries them in order.
struct NodePool {
  std::string name;
  std::string gpu_type;
  std::int64_t gpus_per_node = 1;
  double gpu_memory_gib = 0;
  std::int64_t initial_nodes = 0;
  std::int64_t min_nodes = 0;    ///< this and the next two: of a node autoscaler only
  std::int64_t max_nodes = 0;    ///< >= initial_nodes
  Delay provisioning_delay{};    ///< from the decision until the node is ready
  double cost_usd_per_hour = 0;  ///< of a node; orders variants, and the ledger adds it up
};

enum class NodeState : std::uint8_t {
  kProvisioning,  ///< takes nothing yet
  kReady,
  kDown,        ///< failed; owns nothing until it is repaired
  kTerminated,  ///< gone for good
};

struct Placement {
  std::size_t node = 0;
  std::vector<std::size_t> gpus;  ///< within the node, ascending
  std::string gpu_type;
  std::size_t pool = 0;
};

/// Where a GPU is, by its index among all GPUs that there ever were.
struct GpuPlace {
  std::uint32_t node = 0;
  std::uint32_t gpu = 0;  ///< within the node
};

class Nodes {
 public:
  /// The initial nodes of all pools are ready. REQUIRES gpus_per_node >= 1, initial_nodes >= 0.
  explicit Nodes(std::vector<NodePool> pools);

  // --- instances

  /// Gives `count` GPUs of one node to `owner`: of the first node, in order of pools and nodes,
  /// that has so many free; the lowest ones. `gpu_type` "" = any. nullopt if no node has. REQUIRES
  /// count >= 1; `owner` owns nothing. COST O(nodes).
  std::optional<Placement> place(InstanceId owner, std::string_view gpu_type, std::int64_t count);
  /// Frees what `owner` has; harmless if that is nothing. COST O(GPUs).
  void release(InstanceId owner);
  /// What `from` has is now owned by `to`, which owned nothing. Where that is; REQUIRES it is
  /// something. COST O(GPUs).
  Placement hand_over(InstanceId from, InstanceId to);

  // --- the life of nodes

  /// A new node of the pool, still to become ready; its index.
  std::size_t provision(std::size_t pool);
  /// REQUIRES the node is provisioned or down.
  void make_ready(std::size_t node);
  /// REQUIRES the node is ready. What is on it stays its owner's until released.
  void take_down(std::size_t node);
  /// REQUIRES the node is ready and nobody owns any of its GPUs.
  void terminate(std::size_t node);
  /// A GPU is out of service, or back in it; an owner keeps it until it is released.
  void set_broken(GpuPlace gpu, bool broken);

  // --- what there is

  /// The pool whose cost and memory count for a GPU type: the first one with that type, even if the
  /// instance is placed in another [BUG, spec control-plane 5.1]. REQUIRES there is one.
  const NodePool& pool_of_type(std::string_view gpu_type) const;
  /// What is free, in the order of placement. COST O(GPUs).
  Inventory inventory() const;
  const std::vector<NodePool>& pools() const { return pools_; }
  /// Nodes of the pool that are not terminated.
  std::int64_t nodes_in(std::size_t pool) const;

  std::size_t node_count() const { return nodes_.size(); }  ///< terminated ones included
  NodeState state(std::size_t node) const { return nodes_[node].state; }
  std::size_t pool_of(std::size_t node) const { return nodes_[node].pool; }
  std::int64_t free_gpus(std::size_t node) const { return nodes_[node].free; }
  bool is_empty(std::size_t node) const;  ///< nobody owns any of its GPUs
  /// none() = free, or broken.
  InstanceId owner(std::size_t node, std::size_t gpu) const { return nodes_[node].owners[gpu]; }
  /// Everybody on the node, ascending.
  std::vector<InstanceId> owners_on(std::size_t node) const;
  std::string node_name(std::size_t node) const;

  // GPUs are numbered in the order in which their nodes came.
  std::size_t first_gpu(std::size_t node) const { return nodes_[node].first_gpu; }
  GpuPlace gpu_at(std::size_t index) const { return gpus_[index]; }

 private:
  struct Node {
    std::size_t pool = 0;
    std::size_t index = 0;  // within its pool
    NodeState state = NodeState::kReady;
    std::size_t first_gpu = 0;
    std::int64_t free = 0;           // GPUs that can be placed on
    std::vector<InstanceId> owners;  // by GPU
    std::vector<bool> broken;        // by GPU
  };

  std::size_t add_node(std::size_t pool, NodeState state);
  /// Brings `free` up to date.
  static void count_free(Node& node);

  std::vector<NodePool> pools_;
  std::vector<Node> nodes_;                        // in order of creation
  std::vector<std::vector<std::size_t>> by_pool_;  // nodes of each pool, in order of creation
  std::vector<GpuPlace> gpus_;
};

}  // namespace blis::control
