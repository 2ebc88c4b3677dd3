// What a simulation is built from: the settings of every room it owns. Immutable during the run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/control_config.h"
#include "disagg/disaggregation_config.h"
#include "engine/instance_config.h"
#include "engine/slo_priority.h"
#include "gateway/gateway_config.h"
#include "kv/kv_config.h"
#include "latency/latency_model.h"
#include "model/architecture.h"
#include "model/kv_capacity.h"
#include "model/lora.h"

namespace blis::cluster {

/// What the instances of one pool have of their own; everything else is as for all.
struct PoolOverride {
  std::string gpu_type{};
  std::int64_t tensor_parallel = 1;
  std::int64_t total_kv_blocks = 0;
  std::int64_t max_model_len_tokens = 0;
  std::shared_ptr<const latency::LatencyModel> latency;
};

/// Step times on one type of GPU; those of a pool only where it overrides something.
struct NodeHardware {
  std::shared_ptr<const latency::LatencyModel> latency;
  std::shared_ptr<const latency::LatencyModel> prefill_latency{};
  std::shared_ptr<const latency::LatencyModel> decode_latency{};
};

/// How to find the KV capacity of an instance from the memory of the GPUs it is placed on.
struct KvSizing {
  model::Architecture architecture;
  model::KvCapacityInputs inputs;  ///< all but the memory
};

/// What becomes of requests that have ended.
enum class FinishedRequests : std::uint8_t {
  kKept,       ///< as they stood at their end
  kRecorded,   ///< a short record (request/request_table.h), which is all that a summary needs
  kForgotten,  ///< nothing; of a simulation that is never asked for its result
};

struct ClusterConfig {
  std::int64_t seed = 42;  ///< master seed of every random stream of the run
  std::int64_t num_instances = 1;
  std::string model;     ///< lower-cased; a request with another model tag finds no instance
  std::string gpu_type;  ///< label only; step times come from `latency`
  std::int64_t tensor_parallel = 1;
  std::int64_t data_parallel =
      1;  ///< ranks of an instance, each with GPUs of its own; for the books only
  engine::InstanceConfig instance;  ///< of every instance; its horizon is that of the run
  kv::KvConfig kv;  ///< tiers of every instance; block count and size come from `instance`, the
                    ///< seed from `seed`
  std::shared_ptr<const latency::LatencyModel> latency;
  engine::SloPriorities slo_priorities;
  gateway::GatewayConfig gateway;
  disagg::DisaggregationConfig disaggregation;
  std::optional<PoolOverride> prefill_pool;
  std::optional<PoolOverride> decode_pool;  ///< of shared instances, too (spec disaggregation 3.2)
  /// Steps of one instance that lead nowhere after which the run is given up; 0 = only if it is
  /// certain that it would never end. See standstill.h.
  std::int64_t max_idle_steps = 0;
  control::ControlConfig control;
  /// By the GPU type of a node pool; all of them, if step times follow the node.
  std::map<std::string, NodeHardware> node_hardware;
  std::optional<KvSizing> kv_sizing;  ///< absent: all instances have the same number of blocks
  model::LoraConfig lora;  ///< LoRA adapters and what they cost; costs nothing while inactive

  /// REQUIRES  kKept if needs_finished_requests(), unless it is kForgotten and
  /// can_forget_requests().
  FinishedRequests finished_requests = FinishedRequests::kKept;

  /// Whether anybody in the simulation, or its result, asks for requests that have ended.
  bool needs_finished_requests() const {
    return disaggregation.pools.are_active() || gateway.flow_control.enabled ||
           gateway.admission.tenant_budgets || gateway.trace.enabled ||
           instance.scheduler == "priority-fcfs" || control.failures.any();
  }

  /// Whether nobody asks for them while the simulation runs. What a split request is made of, and
  /// recorded decisions, are kept up to the end; an offload chain with storage orders those that
  /// wait for it by name, and may hold some that have ended.
  bool can_forget_requests() const {
    const bool orders_by_name = kv.offload && !kv.offload->secondary_tiers.empty();
    return !disaggregation.pools.are_active() && !gateway.trace.enabled && !orders_by_name;
  }

  /// Whether requests may have private blocks (request/block_keys.h): nobody but the request itself
  /// may look for its blocks, and it only on one instance and in one tier. The halves of a split
  /// request do not find each other's unless one instance may get both; but a split request that
  /// starts over, as new halves, may find what the old ones left at the instance that did not fail.
  bool serves_private_blocks() const {
    const bool halves_come_again = disaggregation.pools.are_active() && control.failures.any();
    return !kv.has_lower_tiers() && disaggregation.pools.shared == 0 && !halves_come_again;
  }
};

}  // namespace blis::cluster
