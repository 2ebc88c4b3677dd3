// Machines with GPUs, and which instance owns which GPU.
//
// Nodes are fixed: the reference starts no node after the beginning and drains none (spec
// control-plane 1). An instance lives on one node. Laws (control-plane 11): every GPU has at most
// one owner; a placement that fails changes nothing; place and release are inverse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "control/inventory.h"

namespace blis::control {

/// Identical machines. The order of pools matters: placement tries them in order.
struct NodePool {
  std::string name;
  std::string gpu_type;
  std::int64_t gpus_per_node = 1;
  double gpu_memory_gib = 0;
  std::int64_t initial_nodes = 0;
  double cost_usd_per_hour = 0;  ///< of a node; orders variants, and the ledger adds it up
};

struct Placement {
  std::size_t node = 0;
  std::vector<std::size_t> gpus;  ///< within the node, ascending
  std::string gpu_type;
};

class Nodes {
 public:
  /// All nodes of all pools are ready. REQUIRES gpus_per_node >= 1, initial_nodes >= 0.
  explicit Nodes(std::vector<NodePool> pools);

  /// Gives `count` GPUs of one node to `owner`: of the first node, in order of pools and nodes,
  /// that has so many free; the lowest ones. `gpu_type` "" = any. nullopt if no node has. REQUIRES
  /// count >= 1; `owner` owns nothing. COST O(nodes).
  std::optional<Placement> place(InstanceId owner, std::string_view gpu_type, std::int64_t count);
  /// Frees what `owner` has; harmless if that is nothing. COST O(GPUs).
  void release(InstanceId owner);

  /// The pool whose cost and memory count for a GPU type: the first one with that type, even if the
  /// instance is placed in another [BUG, spec control-plane 5.1]. REQUIRES there is one.
  const NodePool& pool_of_type(std::string_view gpu_type) const;
  /// What is free, in the order of placement. COST O(GPUs).
  Inventory inventory() const;

  std::size_t node_count() const { return nodes_.size(); }
  std::int64_t free_gpus(std::size_t node) const;
  /// none() = free.
  InstanceId owner(std::size_t node, std::size_t gpu) const { return nodes_[node].owners[gpu]; }
  std::string node_name(std::size_t node) const;

 private:
  struct Node {
    std::size_t pool = 0;
    std::size_t index = 0;           // within its pool
    std::vector<InstanceId> owners;  // by GPU
  };

  std::vector<NodePool> pools_;
  std::vector<Node> nodes_;  // in order of pools
};

}  // namespace blis::control
