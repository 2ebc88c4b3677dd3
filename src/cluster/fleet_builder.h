// Where instances come from: what each is built from, and the GPUs it gets if there are node pools.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "cluster/blueprint.h"
#include "cluster/fleet.h"
#include "control/nodes.h"
#include "control/variant.h"

namespace blis::cluster {

class FleetBuilder {
 public:
  /// Builds the initial instances, `instance_0` and so on. With node pools, those that find no GPUs
  /// are not built: now or later [BUG, spec control-plane 4.3], which a warning tells, or now, if
  /// instances wait. All references outlive the builder.
  FleetBuilder(const ClusterConfig& config, Fleet& fleet, SymbolTable& symbols,
               Diagnostics& diagnostics);

  bool has_node_pools() const { return nodes_.has_value(); }
  const control::Nodes& nodes() const { return *nodes_; }
  control::Nodes& nodes() { return *nodes_; }

  /// Builds one more instance at `clock`. nullopt if there are no GPUs for it; if instances wait,
  /// this one does from now on.
  /// REQUIRES has_node_pools(); a pool has the variant's GPU type.
  std::optional<InstanceId> add(std::string name, const control::Variant& variant, Micros clock);
  /// Gives the instance's GPUs back.
  void release(InstanceId instance, Micros clock);

  // --- instances that wait for GPUs

  const std::deque<Blueprint>& waiting() const { return waiting_; }
  /// Whoever waits now or waited at some time; those who were placed at once do not count.
  std::int64_t waited() const { return waited_; }
  std::size_t most_waiting() const { return most_waiting_; }
  /// Builds everybody for whom there are GPUs by now, in the order in which they began to wait; who
  /// finds none keeps his place. COST O(waiting x nodes).
  std::vector<InstanceId> build_waiting(Micros clock);
  /// Nobody waits any more for `count` instances of the variant that the autoscaler added, the
  /// latest first. How many there were.
  std::int64_t cancel_waiting(const control::Variant& variant, std::int64_t count);
  /// The KV capacity that a waiting instance would have, as far as its GPUs are known.
  std::int64_t expected_kv_tokens(const Blueprint& blueprint);

  // --- instances that died and live again, under a new name and id

  /// On the GPUs that the dead one still owns.
  InstanceId rebuild_in_place(InstanceId dead, Micros clock);
  /// Waits for other GPUs. REQUIRES has_node_pools(); the dead one owns none.
  void wait_for_rebuild(InstanceId dead);
  const Blueprint& blueprint(InstanceId instance) const { return blueprints_[instance.index()]; }

 private:
  /// An instance without role, as it would be without node pools.
  Blueprint blueprint_of(std::string name) const;
  /// An initial instance, with its role and what that overrides.
  Blueprint blueprint_of_initial(std::size_t index) const;
  Blueprint successor_of(InstanceId dead) const;
  const PoolOverride* pool_override(gateway::PoolRoles role) const;
  std::int64_t gpus_of(const InstancePlan& plan) const;

  std::optional<InstanceId> try_build(const Blueprint& blueprint, Micros clock);
  InstanceId build(const Blueprint& blueprint, InstancePlan plan, Micros clock);
  void wait(Blueprint blueprint);
  /// The same on GPUs of a node pool: other label, cost and KV capacity, and other speed if that
  /// follows the node.
  void place_on(const control::NodePool& pool, std::int64_t gpus, InstancePlan& plan);
  /// The pool whose cost and memory count for an instance that was placed there.
  const control::NodePool& pool_of(const control::Placement& placement) const;
  const latency::LatencyModel* latency_on(const std::string& gpu_type,
                                          gateway::PoolRoles role) const;
  /// SOURCE spec control-plane 5.6.
  void fit_kv_to_memory(double memory_gib, InstancePlan& plan);

  const ClusterConfig& config_;
  Fleet& fleet_;
  SymbolTable& symbols_;
  Diagnostics& diagnostics_;
  std::optional<control::Nodes> nodes_;  // absent: instances need no GPUs
  std::vector<Blueprint> blueprints_;    // by instance
  std::deque<Blueprint> waiting_;        // longest first
  std::int64_t waited_ = 0;
  std::size_t most_waiting_ = 0;
};

}  // namespace blis::cluster
