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

}  // namespace

control::ControlConfig resolve_control(const GatewayFlags& flags, const PolicyBundle& bundle) {
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
  c.autoscaler = autoscaler_config(flags, bundle.autoscaler);
  return c;
}

}  // namespace blis::config
