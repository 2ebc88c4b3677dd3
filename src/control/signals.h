// What the autoscaler's stages hand to each other. SOURCE spec control-plane 7.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "control/inventory.h"
#include "control/variant.h"
#include "gateway/signals.h"

namespace blis::control {

/// One instance that serves or is being loaded, as the cluster reports it.
struct ReplicaReport {
  InstanceId instance{};
  std::string model{};
  Variant variant{};
  double cost_usd_per_hour = 0;
  std::int64_t waiting_requests = 0;    ///< 0 while loading
  std::int64_t kv_tokens = 0;           ///< capacity
  std::int64_t kv_tokens_in_use = 0;    ///< 0 while loading
  std::int64_t in_flight_requests = 0;  ///< routed and not finished; never stale
  gateway::PoolRoles roles = gateway::kNoRole;
};

/// What the gateway has that no replica has taken.
struct GatewayDemand {
  std::int64_t waiting_requests = 0;      ///< now, in its queue or held for an empty fleet
  std::int64_t turned_away_requests = 0;  ///< found no replica since the last report
  bool any() const { return waiting_requests > 0 || turned_away_requests > 0; }
};

/// Everything a scaling policy may know at one moment.
struct FleetReport {
  Micros now{};
  std::string model{};
  std::vector<ReplicaReport> serving{};  ///< can take requests; instance order
  std::vector<ReplicaReport> loading{};  ///< soon will; instance order
  GatewayDemand demand{};
  Inventory inventory{};
};

/// One model's replicas, or those of them that have one role.
struct ModelSignals {
  std::string model;
  gateway::PoolRoles roles = gateway::kNoRole;  ///< kNoRole: all, whatever their role
  std::vector<ReplicaReport> replicas;          ///< that serve, in instance order
  std::int64_t pending_replicas = 0;            ///< that load
  std::int64_t pending_kv_tokens = 0;
};

struct VariantCapacity {
  Variant variant;
  double supply_tokens = 0;
  double demand_tokens = 0;
  std::int64_t replicas = 0;
  double cost_usd_per_hour = 0;  ///< of its first replica
};

/// ENSURES  required and spare are not both positive; the variants' supplies and demands add up to
/// the totals.
struct Assessment {
  std::string model;
  gateway::PoolRoles roles = gateway::kNoRole;  ///< as in the signals
  double supply_tokens = 0;
  double demand_tokens = 0;
  double utilization = 0;
  double required_tokens = 0;
  double spare_tokens = 0;
  std::vector<VariantCapacity> variants;  ///< by cost, GPU type, tensor parallelism
};

/// Either a change (`delta`), or a number of replicas to arrive at (`desired`), which is the same
/// however often and however late it is carried out.
struct Decision {
  std::string model;
  Variant variant;                              ///< without GPU type: any (only with `desired`)
  std::int64_t delta = 0;                       ///< replicas to add (> 0) or to remove (< 0)
  gateway::PoolRoles roles = gateway::kNoRole;  ///< of whom; kNoRole: of all
  std::optional<std::int64_t> desired{};        ///< of all variants together; `delta` is 0 then
};

}  // namespace blis::control
