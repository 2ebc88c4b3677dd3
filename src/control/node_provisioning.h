// The node autoscaler: which pools get another node because instances wait for GPUs, and which idle
// nodes may go.
//
// An extension: the reference checks min_nodes, max_nodes and provisioning_delay and ignores them
// (spec control-plane 4.4, 14.1). Modelled on Kubernetes' cluster autoscaler, reduced to what
// matters to a simulation: nodes are started for what the present ones and those under way cannot
// hold, and removed one by one after they have stood empty for a while.
//
// NOT MODELLED  moving instances together to empty a node; provisioning that fails; quotas.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/micros.h"
#include "control/nodes.h"

namespace blis::control {

struct NodeProvisioningConfig {
  bool is_enabled = false;
  Micros idle_time{600'000'000};  ///< for which a node stands empty before it is removed
};

/// GPUs that one instance waits for.
struct GpuDemand {
  std::string_view gpu_type;  ///< "" = any
  std::int64_t gpus = 1;
};

/// The pools to start a node in, with repetitions: for `waiting`, in its order, after the nodes
/// that are being provisioned have been filled in mind. Each new node is of the first pool, in
/// declaration order, that has the type, nodes that are large enough, and fewer than max_nodes.
/// What fits in no pool asks for nothing. An instance may then find room elsewhere than was
/// planned, and who is left without asks again. COST O(waiting x nodes being provisioned).
std::vector<std::size_t> nodes_to_start(const Nodes& nodes, std::span<const GpuDemand> waiting);

/// The pools to start a node in so that each has its min_nodes, with repetitions.
std::vector<std::size_t> nodes_below_minimum(const Nodes& nodes);

/// Whether the node is ready, empty and not needed for min_nodes.
bool may_be_removed(const Nodes& nodes, std::size_t node);

}  // namespace blis::control
