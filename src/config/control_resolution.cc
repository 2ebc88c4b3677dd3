#include "config/control_resolution.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace blis::config {
namespace {

constexpr std::int64_t kDefaultRetries = 3;

control::Delay delay(const DelaySpec& spec) {
  return {.mean_s = spec.mean_s, .stddev_s = spec.stddev_s};
}

/// An interval below 1 µs would tick for ever without getting anywhere; the reference does so.
Micros checked_interval(double interval_us, const InputLocation& where) {
  const bool is_time = std::isfinite(interval_us) && interval_us >= 0;
  if (!is_time || (interval_us > 0 && interval_us < 1)) {
    throw ConfigError(
        where, fmt::format("{} is no interval: 0 (no autoscaler) or at least 1 µs", interval_us));
  }
  return Micros::truncate(interval_us);
}

void set_if_given(double given, double& setting) {
  if (given != 0) setting = given;
}

control::AutoscalerConfig autoscaler_config(const GatewayFlags& flags,
                                            const AutoscalerBundle& bundle) {
  control::AutoscalerConfig c;
  const Flag<double>& flag = flags.model_autoscaler_interval_us;
  c.interval = flag.is_set ? checked_interval(*flag, {"", 0, "--model-autoscaler-interval-us"})
                           : checked_interval(bundle.interval_us,
                                              {*flags.policy_config, 0, "autoscaler.interval_us"});
  if (!bundle.scaling.policy.empty()) c.policy = bundle.scaling.policy;
  if (!bundle.scaling.optimizer.empty()) c.optimizer = bundle.scaling.optimizer;
  c.targets = bundle.scaling.targets;
  c.schedule = bundle.scaling.schedule;
  // A bundle without interval of its own loses its other settings, even if the flag gives one
  // [BUG, spec control-plane 2.2].
  if (!(bundle.interval_us > 0)) return c;
  c.up_window_us = bundle.scale_up_stabilization_window_us;
  c.down_window_us = bundle.scale_down_stabilization_window_us;
  c.scrape_delay = delay(bundle.hpa_scrape_delay);
  set_if_given(bundle.kv_cache_threshold, c.analysis.kv_cache_threshold_ratio);
  set_if_given(bundle.scale_up_threshold, c.analysis.scale_up_threshold);
  set_if_given(bundle.scale_down_boundary, c.analysis.scale_down_boundary);
  set_if_given(bundle.avg_input_tokens, c.analysis.avg_input_tokens);
  return c;
}

/// The instances of a target are those of a pool, or all if there are no pools.
void check_targets(const std::vector<control::ScaleTarget>& targets, const disagg::PoolSizes& pools,
                   const GatewayFlags& flags) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const InputLocation where{*flags.policy_config, 0, fmt::format("autoscaler.targets[{}]", i)};
    const gateway::PoolRoles roles = targets[i].roles;
    if (pools.are_active() && roles == gateway::kNoRole) {
      throw ConfigError(where,
                        "needs a role: instances without one get no requests where there are "
                        "prefill, decode or shared pools");
    }
    const std::int64_t size = roles == gateway::kPrefillRole  ? pools.prefill
                              : roles == gateway::kDecodeRole ? pools.decode
                              : roles == gateway::kSharedRole ? pools.shared
                                                              : pools.encode;
    if (roles != gateway::kNoRole && size == 0) {
      throw ConfigError(where, "there is no pool of instances with its role");
    }
  }
}

Micros whole_micros(double seconds) { return Micros::truncate(seconds * 1e6); }

control::FailureClock failure_clock(const std::optional<FailureClockBundle>& clock) {
  return clock ? control::FailureClock{.mtbf_s = clock->mtbf_s, .mttr_s = clock->mttr_s}
               : control::FailureClock{};
}

control::FailureConfig failure_config(const FailureBundle& bundle, Diagnostics& diagnostics) {
  control::FailureConfig c{.gpu = failure_clock(bundle.gpu),
                           .node = failure_clock(bundle.node),
                           .instance = failure_clock(bundle.instance),
                           .max_retries = 0,
                           .retry_delay = {}};
  if (bundle.requests == "retry") {
    c.max_retries = bundle.max_retries.value_or(kDefaultRetries);
    c.retry_delay = whole_micros(bundle.retry_delay_s.value_or(0));
  } else if (bundle.max_retries || bundle.retry_delay_s) {
    diagnostics.warn("max_retries and retry_delay_s have no effect: failures.requests is \"lose\"");
  }
  return c;
}

/// The reference checks these keys and leaves it at that (spec control-plane 1); so do we, unless
/// nodes are provisioned.
void warn_of_fixed_nodes(const NodePoolBundle& pool, Diagnostics& diagnostics) {
  if (pool.max_nodes > pool.initial_nodes || pool.min_nodes > pool.initial_nodes ||
      pool.provisioning_delay.mean_s > 0 || pool.provisioning_delay.stddev_s > 0) {
    diagnostics.warn(
        "min_nodes, max_nodes and provisioning_delay have no effect without node_provisioning: "
        "the pool keeps its initial nodes",
        pool.name);
  }
}

void warn_of_missing_nodes(const PolicyBundle& bundle, Diagnostics& diagnostics) {
  const PlacementBundle& placement = bundle.placement;
  if (placement.retry || placement.hardware_of_node || placement.gpus_of_instance) {
    diagnostics.warn("placement has no effect: there are no node_pools to place instances on");
  }
  const InstanceLifecycleBundle& life = bundle.instance_lifecycle;
  if (life.warm_start_initial_instances ||
      (!bundle.failures && (life.loading_delay.mean_s > 0 || life.loading_delay.stddev_s > 0))) {
    diagnostics.warn("initial instances load at once: instance_lifecycle needs node_pools");
  }
}

}  // namespace

control::ControlConfig resolve_control(const GatewayFlags& flags, const PolicyBundle& bundle,
                                       const disagg::PoolSizes& pools, Diagnostics& diagnostics) {
  control::ControlConfig c;
  for (const NodePoolBundle& pool : bundle.node_pools) {
    c.node_pools.push_back({.name = pool.name,
                            .gpu_type = pool.gpu_type,
                            .gpus_per_node = pool.gpus_per_node,
                            .gpu_memory_gib = pool.gpu_memory_gib,
                            .initial_nodes = pool.initial_nodes,
                            .min_nodes = pool.min_nodes,
                            .max_nodes = pool.max_nodes,
                            .provisioning_delay = delay(pool.provisioning_delay),
                            .cost_usd_per_hour = pool.cost_per_hour});
    if (!bundle.node_provisioning) warn_of_fixed_nodes(pool, diagnostics);
  }
  c.loading_delay = delay(bundle.instance_lifecycle.loading_delay);
  c.warm_start_initial_instances = bundle.instance_lifecycle.warm_start_initial_instances;
  c.empty_fleet_hold = Micros::truncate(bundle.routing_empty_fleet_hold_us);
  c.drain = bundle.instance_lifecycle.drain;
  c.autoscaler = autoscaler_config(flags, bundle.autoscaler);
  check_targets(c.autoscaler.targets, pools, flags);
  const ScalingBundle& scaling = bundle.autoscaler.scaling;
  const bool scales =
      !scaling.policy.empty() || !scaling.optimizer.empty() || !scaling.targets.empty();
  if (scales && c.autoscaler.interval == Micros()) {
    diagnostics.warn(
        "policy, optimizer and targets of the autoscaler have no effect without "
        "interval_us");
  }
  c.placement = {.retries = bundle.placement.retry,
                 .hardware_of_node = bundle.placement.hardware_of_node,
                 .gpus_of_instance = bundle.placement.gpus_of_instance};
  if (bundle.node_provisioning) {
    c.node_provisioning = {.is_enabled = true,
                           .idle_time = whole_micros(bundle.node_provisioning->idle_time_s)};
  }
  if (bundle.failures) c.failures = failure_config(*bundle.failures, diagnostics);
  if (bundle.node_pools.empty()) warn_of_missing_nodes(bundle, diagnostics);
  return c;
}

}  // namespace blis::config
