#include "control/nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::control {

Nodes::Nodes(std::vector<NodePool> pools) : pools_(std::move(pools)) {
  for (std::size_t pool = 0; pool < pools_.size(); ++pool) {
    const auto gpus = static_cast<std::size_t>(pools_[pool].gpus_per_node);
    for (std::size_t i = 0; i < static_cast<std::size_t>(pools_[pool].initial_nodes); ++i) {
      nodes_.push_back(
          {.pool = pool, .index = i, .owners = std::vector<InstanceId>(gpus, InstanceId::none())});
    }
  }
}

std::optional<Placement> Nodes::place(InstanceId owner, std::string_view gpu_type,
                                      std::int64_t count) {
  BLIS_CHECK(count >= 1, "control: instance {} asks for {} GPUs", owner.value(), count);
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const NodePool& pool = pools_[nodes_[node].pool];
    if (!gpu_type.empty() && pool.gpu_type != gpu_type) continue;
    if (free_gpus(node) < count) continue;
    Placement placement{.node = node, .gpus = {}, .gpu_type = pool.gpu_type};
    std::vector<InstanceId>& owners = nodes_[node].owners;
    for (std::size_t gpu = 0; std::ssize(placement.gpus) < count; ++gpu) {
      if (!owners[gpu].is_none()) continue;
      owners[gpu] = owner;
      placement.gpus.push_back(gpu);
    }
    return placement;
  }
  return std::nullopt;
}

void Nodes::release(InstanceId owner) {
  for (Node& node : nodes_) std::ranges::replace(node.owners, owner, InstanceId::none());
}

const NodePool& Nodes::pool_of_type(std::string_view gpu_type) const {
  const auto pool = std::ranges::find(pools_, gpu_type, &NodePool::gpu_type);
  BLIS_CHECK(pool != pools_.end(), "control: no node pool has GPUs of type {}", gpu_type);
  return *pool;
}

Inventory Nodes::inventory() const {
  Inventory inventory;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const NodePool& pool = pools_[nodes_[node].pool];
    inventory.nodes.push_back({.gpu_type = pool.gpu_type,
                               .free_gpus = free_gpus(node),
                               .cost_usd_per_hour = pool.cost_usd_per_hour});
  }
  return inventory;
}

std::int64_t Nodes::free_gpus(std::size_t node) const {
  return std::ranges::count(nodes_[node].owners, InstanceId::none());
}

std::string Nodes::node_name(std::size_t node) const {
  return fmt::format("{}-{}", pools_[nodes_[node].pool].name, nodes_[node].index);
}

}  // namespace blis::control
