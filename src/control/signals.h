// What the autoscaler's stages hand to each other. SOURCE spec control-plane 7.1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "control/variant.h"

namespace blis::control {

/// One instance that serves or is being loaded, as the cluster reports it.
struct ReplicaReport {
  InstanceId instance;
  std::string model;
  Variant variant;
  double cost_usd_per_hour = 0;
  std::int64_t waiting_requests = 0;  ///< 0 while loading
  std::int64_t kv_tokens = 0;         ///< capacity
  std::int64_t kv_tokens_in_use = 0;  ///< 0 while loading
};

/// One model's replicas.
struct ModelSignals {
  std::string model;
  std::vector<ReplicaReport> replicas;  ///< that serve, in instance order
  std::int64_t pending_replicas = 0;    ///< that load
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
  double supply_tokens = 0;
  double demand_tokens = 0;
  double utilization = 0;
  double required_tokens = 0;
  double spare_tokens = 0;
  std::vector<VariantCapacity> variants;  ///< by cost, GPU type, tensor parallelism
};

struct Decision {
  std::string model;
  Variant variant;
  std::int64_t delta = 0;  ///< replicas to add (> 0) or to remove (< 0)
};

}  // namespace blis::control
