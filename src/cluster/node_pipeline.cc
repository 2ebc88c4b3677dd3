#include "cluster/node_pipeline.h"

#include "control/node_provisioning.h"

namespace blis::cluster {

NodePipeline::NodePipeline(const ClusterConfig& config, FleetBuilder& builder, EventQueue& events,
                           FailureTimers& timers)
    : config_(config),
      builder_(builder),
      events_(events),
      timers_(timers),
      stream_(random::stream_seed(config.seed, "node-provisioning")) {
  if (!builder.has_node_pools()) return;
  for (std::size_t node = 0; node < builder.nodes().node_count(); ++node) {
    timers_.arm_new_node(builder.nodes(), node, Micros());
  }
  if (provisions()) start_nodes(control::nodes_below_minimum(builder.nodes()), Micros());
}

std::vector<InstanceId> NodePipeline::settle(Micros clock) {
  if (!builder_.has_node_pools()) return {};
  std::vector<InstanceId> built;
  if (!builder_.waiting().empty()) built = builder_.build_waiting(clock);
  if (!provisions()) return built;
  std::vector<control::GpuDemand> demands;
  for (const FleetBuilder::Waiting& waiting : builder_.waiting()) {
    demands.push_back({.gpu_type = waiting.blueprint.gpu_type, .gpus = waiting.blueprint.gpus});
  }
  start_nodes(control::nodes_to_start(builder_.nodes(), demands), clock);
  remove_idle_nodes(clock);
  return built;
}

void NodePipeline::start_nodes(const std::vector<std::size_t>& pools, Micros clock) {
  for (const std::size_t pool : pools) {
    const std::size_t node = builder_.nodes().provision(pool);
    const control::Delay& delay = builder_.nodes().pools()[pool].provisioning_delay;
    ++provisioned_;
    events_.push_background(clock + control::sample(delay, stream_), EventKind::kNodeReady,
                            static_cast<std::uint32_t>(node));
  }
}

// The event that a node's spell of idleness begins with only sees to it that somebody looks here
// when it has lasted long enough.
void NodePipeline::remove_idle_nodes(Micros clock) {
  const control::Nodes& nodes = builder_.nodes();
  idle_since_.resize(nodes.node_count());
  for (std::size_t node = 0; node < nodes.node_count(); ++node) {
    const bool is_idle = nodes.state(node) == control::NodeState::kReady && nodes.is_empty(node);
    const Micros idle_time = config_.control.node_provisioning.idle_time;
    if (!is_idle) {
      idle_since_[node].reset();
    } else if (!idle_since_[node]) {
      idle_since_[node] = clock;
      events_.push_background(clock + idle_time, EventKind::kNodeIdle,
                              static_cast<std::uint32_t>(node));
    } else if (clock - *idle_since_[node] >= idle_time && control::may_be_removed(nodes, node)) {
      idle_since_[node].reset();
      builder_.remove_node(node, clock);
      ++removed_;
    }
  }
}

void NodePipeline::finish_provisioning(std::size_t node, Micros clock) {
  builder_.add_node(node, clock);
  timers_.arm_new_node(builder_.nodes(), node, clock);
}

PlacementCounters NodePipeline::counters() const {
  PlacementCounters counters;
  counters.nodes_provisioned = provisioned_;
  counters.nodes_removed = removed_;
  counters.instances_waiting = std::ssize(builder_.waiting());
  counters.instances_waited = builder_.waited();
  counters.most_waiting = static_cast<std::int64_t>(builder_.most_waiting());
  if (!builder_.has_node_pools()) return counters;
  for (std::size_t pool = 0; pool < builder_.nodes().pools().size(); ++pool) {
    counters.nodes += builder_.nodes().nodes_in(pool);
  }
  return counters;
}

}  // namespace blis::cluster
