#include "config/control_resolution.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace blis::config {
namespace {

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
                            .cost_usd_per_hour = pool.cost_per_hour});
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
  return c;
}

}  // namespace blis::config
