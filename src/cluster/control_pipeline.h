// The control plane's events: instances become ready, the autoscaler ticks, its decisions are
// carried out, drained instances end.
//
// Member functions are the cluster events of spec control-plane 5 to 7, one each; the decisions are
// made in src/control. Knows nothing of the loop that calls it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "cluster/event_queue.h"
#include "cluster/failure_timers.h"
#include "cluster/fleet_builder.h"
#include "cluster/gateway_pipeline.h"
#include "cluster/node_pipeline.h"
#include "control/autoscaler.h"
#include "control/drain_policy.h"
#include "control/lifecycle.h"
#include "random/random_stream.h"

namespace blis::cluster {

class ControlPipeline {
 public:
  /// Takes the initial instances into their first states and schedules the first tick. All
  /// references outlive the pipeline.
  ControlPipeline(const ClusterConfig& config, Fleet& fleet, FleetBuilder& builder,
                  GatewayPipeline& gateway, EventQueue& events, const SymbolTable& symbols,
                  Diagnostics& diagnostics);

  // Cluster events.
  void finish_loading(InstanceId instance, Micros clock);
  /// `more_arrivals`: requests are still to arrive.
  void tick(Micros clock, bool more_arrivals);
  /// `plan` is the subject of the event.
  void actuate(std::uint32_t plan, Micros clock);
  void finish_provisioning(std::size_t node, Micros clock);
  /// Builds whoever waits and fits by now; see NodePipeline::settle().
  void settle_nodes(Micros clock);

  /// To be called after every event of the instance, when its in-flight count is settled: a
  /// draining instance that has nothing left ends. An instance that has nothing to begin with
  /// has no events either and drains for ever [BUG, spec control-plane 5.5].
  void end_if_drained(InstanceId instance, Micros clock) {
    if (states_[instance.index()].state() == control::InstanceState::kDraining)
      end_if_idle(instance, clock);
  }
  /// The instance is gone, with its GPUs; harmless if it was already.
  void drop(InstanceId instance, Micros clock);
  /// The instance is gone, but its GPUs are still its own. REQUIRES  it was not gone before.
  void end(InstanceId instance);
  /// Takes an instance that was just built into the cluster, and loads it.
  void join(InstanceId instance, Micros clock);
  FailureTimers& timers() { return timers_; }
  /// Somebody dead that will be built again on the GPUs that it has; counts as supply to come.
  void await(InstanceId dead) { awaited_.push_back(dead); }
  /// False if that was called off.
  bool stop_awaiting(InstanceId dead) { return std::erase(awaited_, dead) > 0; }
  std::span<const InstanceId> awaited() const { return awaited_; }
  PlacementCounters placement_counters() const { return nodes_.counters(); }
  control::InstanceState state(InstanceId instance) const {
    return states_[instance.index()].state();
  }

 private:
  void start_loading(InstanceId instance, Micros clock);
  void advance(InstanceId instance, control::InstanceState to);
  void end_if_idle(InstanceId instance, Micros clock);
  void scale_up(const control::Decision& decision, Micros clock);
  void scale_down(const control::Decision& decision, Micros clock);
  /// Which instance goes first: the smallest name. none() if there is none to go.
  InstanceId next_to_drain(const control::Decision& decision) const;
  // In control_draining.cc.
  void begin_drain(InstanceId instance, Micros clock);
  /// Whether the drain policy lets the instance, which is draining, end now. What must not wait
  /// any longer is lost first.
  bool has_drained(InstanceId instance, Micros clock);
  void lose_requests_of(InstanceId instance, Micros clock);
  // In control_scaling.cc.
  /// Up to `count` of the decision's instances that are not there are not wanted any more: of those
  /// that wait for GPUs, then of those that wait for their restart, the latest first. How many.
  std::int64_t call_off(const control::Decision& decision, std::int64_t count, Micros clock);
  bool has_scale_targets() const { return !config_.control.autoscaler.targets.empty(); }
  control::FleetReport report_fleet(Micros clock);
  control::ReplicaReport report(InstanceId instance) const {
    control::ReplicaReport replica = report(fleet_.profile(instance), fleet_.roles(instance));
    replica.instance = instance;
    return replica;
  }
  control::ReplicaReport report(const gateway::InstanceProfile& profile,
                                gateway::PoolRoles roles) const;
  /// Whether the instance is of the decision's model, and of its role and variant if it has any.
  bool is_of(InstanceId instance, const control::Decision& decision) const {
    return is_of(fleet_.profile(instance), fleet_.roles(instance), decision);
  }
  bool is_of(const gateway::InstanceProfile& profile, gateway::PoolRoles roles,
             const control::Decision& decision) const;
  void schedule(control::Autoscaler::Plan plan);
  /// Carries out a decision that names a number to arrive at, unless a later one has been.
  void arrive_at(const control::Decision& decision, std::uint32_t plan, Micros clock);
  bool is_idle_for_good(bool more_arrivals) const;

  const ClusterConfig& config_;
  Fleet& fleet_;
  FleetBuilder& builder_;
  GatewayPipeline& gateway_;
  EventQueue& events_;
  const SymbolTable& symbols_;
  Diagnostics& diagnostics_;
  random::RandomStream loading_stream_;
  const control::DrainPolicy* drain_;
  std::vector<Micros> drain_ends_;  // by instance; when a drain's time is up
  FailureTimers timers_;
  NodePipeline nodes_;
  std::unique_ptr<control::Autoscaler> autoscaler_;    // nullptr: none
  std::vector<control::Lifecycle> states_;             // by instance
  std::vector<InstanceId> awaited_;                    // dead ones that will live again in place
  std::vector<std::vector<control::Decision>> plans_;  // by subject of their event
  std::map<gateway::PoolRoles, std::uint32_t> newest_plan_;  // carried out, by role
  std::int64_t turned_away_before_ = 0;                      // until the last report
  std::int64_t added_instances_ = 0;                         // also those that found no GPUs
};

}  // namespace blis::cluster
