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
#include "control/gpu_ledger.h"
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
  const control::GpuLedger& ledger() const { return ledger_; }

  /// Builds one more instance at `clock`. nullopt if there are no GPUs for it; if instances wait,
  /// this one does from now on. A variant without GPU type takes whatever GPUs there are, as many
  /// as an instance of its role needs. REQUIRES has_node_pools(); a pool has the variant's GPU
  /// type.
  std::optional<InstanceId> add(std::string name, const control::Variant& variant,
                                gateway::PoolRoles roles, Micros clock);
  /// Gives the instance's GPUs back.
  void release(InstanceId instance, Micros clock);

  // --- nodes; the ledger hears of them here

  /// A node that was provisioned is there from now on. GPUs are paid for from this moment, out of
  /// service or not, until the node is removed.
  void add_node(std::size_t node, Micros clock);
  /// REQUIRES it is ready and empty.
  void remove_node(std::size_t node, Micros clock);

  // --- instances that wait for GPUs

  struct Waiting {
    Blueprint blueprint;
    /// What it will be, as far as that is known: one that takes any GPUs is taken for one on the
    /// first pool whose nodes are large enough.
    InstancePlan expected;
  };
  const std::deque<Waiting>& waiting() const { return waiting_; }
  /// Whoever waits now or waited at some time; those who were placed at once do not count.
  std::int64_t waited() const { return waited_; }
  std::size_t most_waiting() const { return most_waiting_; }
  /// Builds everybody for whom there are GPUs by now, in the order in which they began to wait; who
  /// finds none keeps his place. COST O(waiting x nodes).
  std::vector<InstanceId> build_waiting(Micros clock);
  /// Up to `count` of those for whom `is_to_go(expected)` holds wait no longer, the latest first.
  /// How many there were.
  template <typename Predicate>
  std::int64_t cancel_waiting(std::int64_t count, Predicate is_to_go) {
    std::int64_t cancelled = 0;
    for (std::size_t i = waiting_.size(); i-- > 0 && cancelled < count;) {
      if (!is_to_go(waiting_[i].expected)) continue;
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      ++cancelled;
    }
    return cancelled;
  }

  // --- instances that died and live again, under a new name and id

  /// On the GPUs that the dead one still owns.
  InstanceId rebuild_in_place(InstanceId dead, Micros clock);
  /// Waits for other GPUs. REQUIRES has_node_pools(); the dead one owns none.
  void wait_for_rebuild(InstanceId dead);
  const Blueprint& blueprint(InstanceId instance) const { return blueprints_[instance.index()]; }

 private:
  /// An instance with its role and what that overrides, as it would be without node pools.
  Blueprint blueprint_of(std::string name, gateway::PoolRoles roles) const;
  Blueprint successor_of(InstanceId dead) const;
  const PoolOverride* pool_override(gateway::PoolRoles role) const;
  /// The tensor-parallel degree of instances of the role.
  std::int64_t degree_of(gateway::PoolRoles roles) const;
  /// GPUs that an instance of the role computes on.
  std::int64_t gpus_of(gateway::PoolRoles roles) const;

  std::optional<InstanceId> try_build(const Blueprint& blueprint, Micros clock);
  /// Books its GPUs, too, which nodes must have given it by now.
  InstanceId build(const Blueprint& blueprint, InstancePlan plan, Micros clock);
  void wait(Blueprint blueprint);
  InstancePlan expect(const Blueprint& blueprint);
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
  std::optional<control::Nodes> nodes_;  // absent: instances bring their GPUs along
  control::GpuLedger ledger_;
  std::vector<Blueprint> blueprints_;  // by instance
  std::deque<Waiting> waiting_;        // longest first
  std::int64_t waited_ = 0;
  std::size_t most_waiting_ = 0;
};

}  // namespace blis::cluster
