// Where instances come from: what each is built from, and the GPUs it gets if there are node pools.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "cluster/fleet.h"
#include "control/gpu_ledger.h"
#include "control/nodes.h"
#include "control/variant.h"

namespace blis::cluster {

class FleetBuilder {
 public:
  /// Builds the initial instances, `instance_0` and so on. With node pools, those that find no GPUs
  /// are not built at all, now or later [BUG, spec control-plane 4.3]; a warning tells. All
  /// references outlive the builder.
  FleetBuilder(const ClusterConfig& config, Fleet& fleet, SymbolTable& symbols,
               Diagnostics& diagnostics);

  bool has_node_pools() const { return nodes_.has_value(); }
  const control::Nodes& nodes() const { return *nodes_; }
  const control::GpuLedger& ledger() const { return ledger_; }

  /// Builds one more instance at `clock`. nullopt if there are no GPUs for it. A variant without GPU
  /// type takes whatever GPUs there are, as many as an instance of its role needs. REQUIRES
  /// has_node_pools(); a pool has the variant's GPU type.
  std::optional<InstanceId> add(std::string name, const control::Variant& variant,
                                gateway::PoolRoles roles, Micros clock);
  /// Gives the instance's GPUs back.
  void release(InstanceId instance, Micros clock);

 private:
  /// An instance with its role and what that overrides, as it would be without node pools.
  InstancePlan plan(std::string name, gateway::PoolRoles roles) const;
  const PoolOverride* pool_override(gateway::PoolRoles role) const;
  /// GPUs that an instance computes on, as far as node pools do not say it.
  std::int64_t gpus_of(const InstancePlan& plan) const;
  /// The same on GPUs of a node pool: other label, cost and KV capacity, the same speed.
  void place_on(const std::string& gpu_type, std::int64_t gpus, InstancePlan& plan);
  /// SOURCE spec control-plane 5.6.
  void fit_kv_to_memory(double memory_gib, InstancePlan& plan);

  const ClusterConfig& config_;
  Fleet& fleet_;
  SymbolTable& symbols_;
  Diagnostics& diagnostics_;
  std::optional<control::Nodes> nodes_;  // absent: instances bring their GPUs along
  control::GpuLedger ledger_;
};

}  // namespace blis::cluster
