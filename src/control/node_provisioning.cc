#include "control/node_provisioning.h"

namespace blis::control {
namespace {

/// A node that is under way, as it will be.
struct Coming {
  std::size_t pool = 0;
  std::int64_t free = 0;
};

bool serves(const NodePool& pool, const GpuDemand& demand) {
  return (demand.gpu_type.empty() || pool.gpu_type == demand.gpu_type) &&
         pool.gpus_per_node >= demand.gpus;
}

}  // namespace

std::vector<std::size_t> nodes_to_start(const Nodes& nodes, std::span<const GpuDemand> waiting) {
  const std::vector<NodePool>& pools = nodes.pools();
  std::vector<std::int64_t> room(pools.size());  // for more nodes
  for (std::size_t pool = 0; pool < pools.size(); ++pool) {
    room[pool] = pools[pool].max_nodes - nodes.nodes_in(pool);
  }
  std::vector<Coming> coming;
  for (std::size_t node = 0; node < nodes.node_count(); ++node) {
    if (nodes.state(node) != NodeState::kProvisioning) continue;
    const std::size_t pool = nodes.pool_of(node);
    coming.push_back({.pool = pool, .free = pools[pool].gpus_per_node});
  }

  std::vector<std::size_t> started;
  const auto fits_on_the_way = [&](const GpuDemand& demand) {
    for (Coming& node : coming) {
      if (!serves(pools[node.pool], demand) || node.free < demand.gpus) continue;
      node.free -= demand.gpus;
      return true;
    }
    return false;
  };
  for (const GpuDemand& demand : waiting) {
    if (fits_on_the_way(demand)) continue;
    for (std::size_t pool = 0; pool < pools.size(); ++pool) {
      if (!serves(pools[pool], demand) || room[pool] <= 0) continue;
      --room[pool];
      coming.push_back({.pool = pool, .free = pools[pool].gpus_per_node - demand.gpus});
      started.push_back(pool);
      break;
    }
  }
  return started;
}

std::vector<std::size_t> nodes_below_minimum(const Nodes& nodes) {
  std::vector<std::size_t> started;
  for (std::size_t pool = 0; pool < nodes.pools().size(); ++pool) {
    const std::int64_t missing = nodes.pools()[pool].min_nodes - nodes.nodes_in(pool);
    for (std::int64_t i = 0; i < missing; ++i) started.push_back(pool);
  }
  return started;
}

bool may_be_removed(const Nodes& nodes, std::size_t node) {
  const std::size_t pool = nodes.pool_of(node);
  return nodes.state(node) == NodeState::kReady && nodes.is_empty(node) &&
         nodes.nodes_in(pool) > nodes.pools()[pool].min_nodes;
}

}  // namespace blis::control
