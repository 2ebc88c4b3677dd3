// The policy bundle (`--policy-config`): one YAML file that chooses policies and holds the settings
// that have no flag.
//
// Everything in it is optional; what is absent leaves the flag or the default. SOURCE spec
// data-plane 18, cli 10.2, control-plane 2.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/scaling_bundle.h"
#include "gateway/gateway_config.h"

namespace blis::config {

/// A random length of time, in seconds.
struct DelaySpec {
  double mean_s = 0;
  double stddev_s = 0;
};

struct AdmissionBundle {
  std::string policy;
  std::optional<double> token_bucket_capacity;
  std::optional<double> token_bucket_refill_rate;
  std::optional<std::int64_t> tier_shed_threshold;
  std::optional<std::int64_t> tier_shed_min_priority;
  std::optional<double> gaie_qd_threshold;
  std::optional<double> gaie_kv_threshold;
  std::map<std::string, std::int64_t> slo_priorities;  ///< class -> priority
  std::map<std::string, std::int64_t> slo_targets;     ///< class -> µs
};

/// A 0 in the analyzer means its default. SOURCE spec control-plane 2.1.
struct AutoscalerBundle {
  double interval_us = 0;
  double scale_up_stabilization_window_us = 0;
  double scale_down_stabilization_window_us = 0;
  DelaySpec hpa_scrape_delay;
  double kv_cache_threshold = 0;
  double scale_up_threshold = 0;
  double scale_down_boundary = 0;
  double avg_input_tokens = 0;
  ScalingBundle scaling;
};

struct NodePoolBundle {
  std::string name;
  std::string gpu_type;
  std::int64_t gpus_per_node = 0;
  double gpu_memory_gib = 0;
  std::int64_t initial_nodes = 0;
  std::int64_t min_nodes = 0;
  std::int64_t max_nodes = 0;
  DelaySpec provisioning_delay;
  double cost_per_hour = 0;
};

struct InstanceLifecycleBundle {
  DelaySpec loading_delay;
  bool warm_start_initial_instances = false;
  control::DrainConfig drain;  ///< an extension
};

/// How instances get onto nodes; extensions.
struct PlacementBundle {
  bool retry = false;
  bool hardware_of_node = false;
  bool gpus_of_instance = false;
};

/// Present: nodes come and go. An extension.
struct NodeProvisioningBundle {
  double idle_time_s = 600;
};

struct FailureClockBundle {
  double mtbf_s = 0;
  double mttr_s = 0;
};

/// Present: something fails. An extension.
struct FailureBundle {
  std::optional<FailureClockBundle> gpu;
  std::optional<FailureClockBundle> node;
  std::optional<FailureClockBundle> instance;
  std::string requests = "retry";           ///< or "lose"
  std::optional<std::int64_t> max_retries;  ///< 3 unless given
  std::optional<double> retry_delay_s;      ///< 0 unless given
};

struct PolicyBundle {
  AdmissionBundle admission;
  std::string routing_policy;
  std::vector<gateway::ScorerWeight> routing_scorers;
  double routing_empty_fleet_hold_us = 0;  ///< 0 = no request is held; an extension
  std::string priority_policy;
  std::string scheduler;
  std::string preemption_policy;
  /// tenant -> share of capacity; present, even if empty, means that tenants are tracked.
  std::optional<std::map<std::string, double>> tenant_budgets;
  AutoscalerBundle autoscaler;
  std::vector<NodePoolBundle> node_pools;
  InstanceLifecycleBundle instance_lifecycle;
  PlacementBundle placement;
  std::optional<NodeProvisioningBundle> node_provisioning;
  std::optional<FailureBundle> failures;
};

/// Reads and validates a bundle. `file` is named in messages.
/// THROWS ConfigError with every mistake: first those of form (unknown keys, wrong types), and if
/// there is none, those of content, in the order of the keys in spec data-plane 18.
PolicyBundle parse_policy_bundle(std::string_view text, const std::string& file);
/// The same for a file. THROWS ConfigError if it cannot be read.
PolicyBundle load_policy_bundle(const std::string& file);

}  // namespace blis::config
