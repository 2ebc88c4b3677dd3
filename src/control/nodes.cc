#include "control/nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::control {

Nodes::Nodes(std::vector<NodePool> pools) : pools_(std::move(pools)), by_pool_(pools_.size()) {
  for (std::size_t pool = 0; pool < pools_.size(); ++pool) {
    for (std::int64_t i = 0; i < pools_[pool].initial_nodes; ++i) add_node(pool, NodeState::kReady);
  }
}

std::size_t Nodes::add_node(std::size_t pool, NodeState state) {
  const auto gpus = static_cast<std::size_t>(pools_[pool].gpus_per_node);
  const std::size_t id = nodes_.size();
  Node& node = nodes_.emplace_back(Node{.pool = pool,
                                        .index = by_pool_[pool].size(),
                                        .state = state,
                                        .first_gpu = gpus_.size(),
                                        .free = 0,
                                        .owners = std::vector(gpus, InstanceId::none()),
                                        .broken = std::vector<bool>(gpus)});
  for (std::size_t gpu = 0; gpu < gpus; ++gpu) {
    gpus_.push_back({static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(gpu)});
  }
  count_free(node);
  by_pool_[pool].push_back(id);
  return id;
}

void Nodes::count_free(Node& node) {
  node.free = 0;
  if (node.state != NodeState::kReady) return;
  for (std::size_t gpu = 0; gpu < node.owners.size(); ++gpu) {
    if (node.owners[gpu].is_none() && !node.broken[gpu]) ++node.free;
  }
}

// ----------------------------------------------------------------------------------------------
// instances

std::optional<Placement> Nodes::place(InstanceId owner, std::string_view gpu_type,
                                      std::int64_t count) {
  BLIS_CHECK(count >= 1, "control: instance {} asks for {} GPUs", owner.value(), count);
  for (std::size_t pool = 0; pool < pools_.size(); ++pool) {
    if (!gpu_type.empty() && pools_[pool].gpu_type != gpu_type) continue;
    for (const std::size_t id : by_pool_[pool]) {
      Node& node = nodes_[id];
      if (node.free < count) continue;
      Placement placement{.node = id, .gpus = {}, .gpu_type = pools_[pool].gpu_type, .pool = pool};
      for (std::size_t gpu = 0; std::ssize(placement.gpus) < count; ++gpu) {
        if (!node.owners[gpu].is_none() || node.broken[gpu]) continue;
        node.owners[gpu] = owner;
        placement.gpus.push_back(gpu);
      }
      node.free -= count;
      return placement;
    }
  }
  return std::nullopt;
}

void Nodes::release(InstanceId owner) {
  for (Node& node : nodes_) {
    if (std::ranges::find(node.owners, owner) == node.owners.end()) continue;
    std::ranges::replace(node.owners, owner, InstanceId::none());
    count_free(node);
  }
}

Placement Nodes::hand_over(InstanceId from, InstanceId to) {
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    Node& node = nodes_[id];
    Placement placement{
        .node = id, .gpus = {}, .gpu_type = pools_[node.pool].gpu_type, .pool = node.pool};
    for (std::size_t gpu = 0; gpu < node.owners.size(); ++gpu) {
      if (node.owners[gpu] != from) continue;
      node.owners[gpu] = to;
      placement.gpus.push_back(gpu);
    }
    if (!placement.gpus.empty()) return placement;
  }
  BLIS_CHECK(false, "control: instance {} has no GPUs to hand over (law 1)", from.value());
  return {};
}

// ----------------------------------------------------------------------------------------------
// the life of nodes

std::size_t Nodes::provision(std::size_t pool) { return add_node(pool, NodeState::kProvisioning); }

void Nodes::make_ready(std::size_t id) {
  Node& node = nodes_[id];
  BLIS_CHECK(node.state == NodeState::kProvisioning || node.state == NodeState::kDown,
             "control: node {} became ready twice (law 4)", node_name(id));
  node.state = NodeState::kReady;
  count_free(node);
}

void Nodes::take_down(std::size_t id) {
  Node& node = nodes_[id];
  BLIS_CHECK(node.state == NodeState::kReady, "control: node {} failed while it was not ready",
             node_name(id));
  node.state = NodeState::kDown;
  node.free = 0;
}

void Nodes::terminate(std::size_t id) {
  Node& node = nodes_[id];
  BLIS_CHECK(node.state == NodeState::kReady && is_empty(id),
             "control: node {} went away while it was in use (law 1)", node_name(id));
  node.state = NodeState::kTerminated;
  node.free = 0;
}

void Nodes::set_broken(GpuPlace gpu, bool broken) {
  Node& node = nodes_[gpu.node];
  node.broken[gpu.gpu] = broken;
  count_free(node);
}

// ----------------------------------------------------------------------------------------------
// what there is

const NodePool& Nodes::pool_of_type(std::string_view gpu_type) const {
  const auto pool = std::ranges::find(pools_, gpu_type, &NodePool::gpu_type);
  BLIS_CHECK(pool != pools_.end(), "control: no node pool has GPUs of type {}", gpu_type);
  return *pool;
}

Inventory Nodes::inventory() const {
  Inventory inventory;
  for (std::size_t pool = 0; pool < pools_.size(); ++pool) {
    for (const std::size_t node : by_pool_[pool]) {
      if (nodes_[node].state != NodeState::kReady) continue;
      inventory.nodes.push_back({.gpu_type = pools_[pool].gpu_type,
                                 .free_gpus = nodes_[node].free,
                                 .cost_usd_per_hour = pools_[pool].cost_usd_per_hour});
    }
  }
  return inventory;
}

std::int64_t Nodes::nodes_in(std::size_t pool) const {
  return std::ranges::count_if(by_pool_[pool], [this](std::size_t node) {
    return nodes_[node].state != NodeState::kTerminated;
  });
}

bool Nodes::is_empty(std::size_t node) const {
  return std::ranges::all_of(nodes_[node].owners, [](InstanceId owner) { return owner.is_none(); });
}

std::vector<InstanceId> Nodes::owners_on(std::size_t node) const {
  std::vector<InstanceId> owners = nodes_[node].owners;
  std::erase(owners, InstanceId::none());
  std::ranges::sort(owners);
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  return owners;
}

std::string Nodes::node_name(std::size_t node) const {
  return fmt::format("{}-{}", pools_[nodes_[node].pool].name, nodes_[node].index);
}

}  // namespace blis::control
