// The events of nodes that come and go with the demand for GPUs, and the queue of instances that
// wait for them. Decisions are made in control/node_provisioning.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cluster/event_queue.h"
#include "cluster/failure_timers.h"
#include "cluster/fleet_builder.h"
#include "cluster/simulation_result.h"
#include "random/random_stream.h"

namespace blis::cluster {

class NodePipeline {
 public:
  /// Starts the timers of the initial nodes, and nodes that pools lack to their minimum. All
  /// references outlive the pipeline.
  NodePipeline(const ClusterConfig& config, FleetBuilder& builder, EventQueue& events,
               FailureTimers& timers);

  /// To be called whenever GPUs became free, somebody began to wait, or a node may have been idle
  /// for long enough: builds whoever fits now, starts nodes for the others, removes nodes that
  /// nobody needs. Returns the new instances, which somebody must take into the cluster. COST
  /// O(nodes + waiting x nodes).
  std::vector<InstanceId> settle(Micros clock);

  /// The cluster event; settle() must follow.
  void finish_provisioning(std::size_t node, Micros clock);

  PlacementCounters counters() const;

 private:
  bool provisions() const { return config_.control.node_provisioning.is_enabled; }
  void start_nodes(const std::vector<std::size_t>& pools, Micros clock);
  void remove_idle_nodes(Micros clock);

  const ClusterConfig& config_;
  FleetBuilder& builder_;
  EventQueue& events_;
  FailureTimers& timers_;
  random::RandomStream stream_;
  std::vector<std::optional<Micros>> idle_since_;  // by node; absent: not idle
  std::int64_t provisioned_ = 0;
  std::int64_t removed_ = 0;
};

}  // namespace blis::cluster
