#include "config/deployment.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cluster/time_series.h"
#include "config/checks.h"
#include "config/control_resolution.h"
#include "config/flags/policy_names.h"
#include "config/gpu_prices.h"
#include "config/node_hardware.h"
#include "config/policy_resolution.h"
#include "model/kv_capacity.h"

namespace blis::config {
namespace {

template <typename T>
std::optional<T> if_set(const Flag<T>& flag) {
  return flag.is_set ? std::optional<T>(flag.value) : std::nullopt;
}

LoraSettings lora_settings(const LoraFlags& f) {
  return {.config_file = *f.lora_config,
          .adapter_capacity = if_set(f.adapter_capacity),
          .load_base_latency_us = if_set(f.load_base_latency_us),
          .load_bandwidth_bytes_per_us = if_set(f.load_bandwidth_bytes_us),
          .footprint_bytes_per_rank = if_set(f.footprint_bytes_per_rank)};
}

void check_limits(const SimulationFlags& f) {
  require_at_least("--num-instances", *f.gateway.num_instances, 1);
  require_at_least("--total-kv-blocks", *f.model.total_kv_blocks, 1);
  require_at_least("--max-num-seqs", *f.engine.max_num_seqs, 1);
  require_at_least("--max-num-batched-tokens", *f.engine.max_num_batched_tokens, 1);
  require_at_least("--long-prefill-token-threshold", *f.engine.long_prefill_token_threshold, 0);
  require_at_least("--max-idle-steps", *f.engine.max_idle_steps, 0);
  if (f.control.horizon.is_set) require_at_least("--horizon", *f.control.horizon, 1);
}

engine::SpeculationConfig speculation_config(const SimulationFlags& flags,
                                             Diagnostics& diagnostics) {
  const EngineFlags& f = flags.engine;
  const double rate = *f.speculative_acceptance_rate;
  require_at_least("--speculative-draft-tokens", *f.speculative_draft_tokens, 0);
  require_finite_at_least_zero("--speculative-acceptance-rate", rate);
  if (rate > 1) {
    throw ConfigError({"", 0, "--speculative-acceptance-rate"},
                      fmt::format("{} is not in [0, 1]", rate));
  }
  require_finite_at_least_zero("--speculative-draft-cost-ratio", *f.speculative_draft_cost_ratio);
  require_name({"", 0, "--speculative-mode"}, "mode", *f.speculative_mode, speculative_mode_names(),
               /*empty_allowed=*/false);
  const engine::SpeculationConfig config{.draft_tokens = *f.speculative_draft_tokens,
                                         .acceptance_rate = rate,
                                         .draft_cost_ratio = *f.speculative_draft_cost_ratio,
                                         .mode = *f.speculative_mode == "sampled"
                                                     ? engine::SpeculationMode::kSampled
                                                     : engine::SpeculationMode::kExpected,
                                         .run_seed = *flags.control.seed};
  const bool others_set = f.speculative_acceptance_rate.is_set ||
                          f.speculative_draft_cost_ratio.is_set || f.speculative_mode.is_set;
  if (!config.is_on()) {
    if (others_set) {
      diagnostics.warn(
          "--speculative-acceptance-rate, --speculative-draft-cost-ratio and --speculative-mode "
          "have no effect without --speculative-draft-tokens");
    }
    return config;
  }
  if (!f.speculative_acceptance_rate.is_set) {
    throw ConfigError({"", 0, "--speculative-acceptance-rate"},
                      "must be given for speculative decoding");
  }
  if (f.stepper.is_set && *f.stepper == "fast") {
    diagnostics.warn("--stepper fast has no effect: speculative decoding is stepped plainly");
  }
  return config;
}

engine::InstanceConfig instance_config(const SimulationFlags& f, const ResolvedModel& model,
                                       Micros horizon, const ResolvedPolicies& policies,
                                       Diagnostics& diagnostics) {
  engine::InstanceConfig c;
  c.horizon = horizon;
  c.max_num_seqs = *f.engine.max_num_seqs;
  c.max_num_batched_tokens = *f.engine.max_num_batched_tokens;
  c.long_prefill_token_threshold = *f.engine.long_prefill_token_threshold;
  c.max_model_len_tokens = model.max_model_len_tokens;
  c.block_size_tokens = model.block_size_tokens;
  c.total_kv_blocks = model.total_kv_blocks;
  c.scheduler = policies.scheduler;
  c.preemption_policy = policies.preemption_policy;
  c.script = policies.script;
  c.step_effects_at_end = *f.engine.step_effects_at_end;
  c.speculation = speculation_config(f, diagnostics);
  require_name({"", 0, "--stepper"}, "stepper", *f.engine.stepper, stepper_names(),
               /*empty_allowed=*/false);
  c.stepper =
      *f.engine.stepper == "plain" ? engine::StepperKind::kPlain : engine::StepperKind::kFast;
  return c;
}

kv::KvConfig kv_config(const SimulationFlags& f, const ResolvedModel& model,
                       std::optional<kv::OffloadConfig> offload) {
  kv::KvConfig c;
  c.total_blocks = model.total_kv_blocks;
  c.block_size = model.block_size_tokens;
  c.cpu_tier.cpu_blocks = *f.kv.kv_cpu_blocks;
  c.cpu_tier.bandwidth_tokens_per_tick = *f.kv.kv_transfer_bandwidth;
  c.cpu_tier.base_latency_ticks = *f.kv.kv_transfer_base_latency;
  c.offload = std::move(offload);
  c.tier_hits_save_prefill = *f.kv.kv_tier_hits_save_prefill;
  c.run_seed = *f.control.seed;
  return c;
}

/// Overrides count only with a prefill pool; without one they were warned about or refused.
PoolSettings pool_settings(const PoolFlags& f, const PoolTopology& pools) {
  if (pools.prefill == 0) return {};
  return {.tensor_parallel = if_set(f.tp),
          .hardware = if_set(f.hardware),
          .latency_model = if_set(f.latency_model),
          .max_model_len_tokens = if_set(f.max_model_len)};
}

/// The instances of one pool. Only building them finds out whether they can exist.
cluster::PoolOverride pool_override(const PoolModel& pool, const ResolvedModel& model) {
  const std::int64_t blocks =
      (pool.max_model_len_tokens + model.block_size_tokens - 1) / model.block_size_tokens;
  if (blocks > pool.total_kv_blocks) {
    throw ConfigError(
        fmt::format("a context of {} tokens takes {} KV blocks, but an instance of the pool has {}",
                    pool.max_model_len_tokens, blocks, pool.total_kv_blocks));
  }
  return {.gpu_type = pool.gpu_type,
          .tensor_parallel = pool.latency.tensor_parallel,
          .total_kv_blocks = pool.total_kv_blocks,
          .max_model_len_tokens = pool.max_model_len_tokens,
          .latency = latency::make_latency_model(pool.latency, model.architecture, model.gpu)};
}

/// SOURCE spec disaggregation 2, 7.1.
disagg::DisaggregationConfig disaggregation_config(const DisaggregationFlags& f,
                                                   const PoolTopology& pools,
                                                   const ResolvedModel& model,
                                                   const PoolModel& prefill_pool) {
  disagg::DisaggregationConfig c;
  c.pools = pools;
  c.decider = *f.pd_decider;
  c.prefix_threshold_tokens = *f.pd_prefix_threshold;
  c.encode_decider = *f.encode_decider;
  c.transfer.bandwidth_gb_per_s = *f.pd_transfer_bandwidth;
  c.transfer.base_latency_ms = *f.pd_transfer_base_latency;
  c.transfer.contention = *f.pd_transfer_contention;
  c.transfer.block_size_tokens = model.block_size_tokens;
  if (c.transfer.contention && !pools.are_active()) {
    throw ConfigError("--pd-transfer-contention needs prefill, decode or shared instances");
  }
  if (pools.prefill > 0 || pools.shared > 0) {
    c.transfer.kv_bytes_per_token =
        model::kv_bytes_per_token(model.architecture, prefill_pool.latency.tensor_parallel);
  }
  return c;
}

void warn_of_prices_without_effect(const cluster::ClusterConfig& cluster,
                                   Diagnostics& diagnostics) {
  const std::vector<std::string> types = cluster::gpu_types_of(cluster);
  for (const auto& [type, price] : cluster.control.gpu_prices) {
    if (std::ranges::find(types, type) != types.end()) continue;
    diagnostics.warn("--gpu-hour-cost names GPUs that this deployment does not have", type);
  }
}

/// What a replayed trace cannot contain. SOURCE spec control-plane 2.5.
void refuse_control_plane_in_replay(const SimulationFlags& f, const PolicyBundle& bundle) {
  if (f.gateway.model_autoscaler_interval_us.is_set) {
    throw ConfigError({"", 0, "--model-autoscaler-interval-us"}, "replay has no autoscaler");
  }
  if (bundle.autoscaler.interval_us > 0) {
    throw ConfigError({*f.gateway.policy_config, 0, "autoscaler.interval_us"},
                      "replay has no autoscaler");
  }
  if (!bundle.node_pools.empty()) {
    throw ConfigError({*f.gateway.policy_config, 0, "node_pools"}, "replay has no node pools");
  }
}

}  // namespace

ModelSettings model_settings(const SimulationFlags& flags, const std::string& catalog_folder) {
  const ModelFlags& f = flags.model;
  return {.defaults_file =
              defaults_file_path(*f.defaults_filepath, f.defaults_filepath.is_set, catalog_folder),
          .model = *f.model,
          .hardware = *f.hardware,
          .tensor_parallel = *f.tp,
          .data_parallel = *f.dp,
          .enable_expert_parallel = *f.enable_expert_parallel,
          .moe_comm_backend = *f.moe_comm_backend,
          .kv_cache_dtype = *f.kv_cache_dtype,
          .hybrid_context_tokens = *f.hybrid_attention_context,
          .expert_zipf_exponent = *f.expert_zipf_exponent,
          .latency_model = if_set(f.latency_model),
          .alpha = if_set(f.alpha_coeffs),
          .beta = if_set(f.beta_coeffs),
          .model_config_folder = *f.model_config_folder,
          .hardware_config = *f.hardware_config,
          .total_kv_blocks = if_set(f.total_kv_blocks),
          .max_model_len_tokens = if_set(f.max_model_len),
          .block_size_tokens = *f.block_size_in_tokens,
          .memory_utilization_ratio = *f.gpu_memory_utilization,
          .lora = lora_settings(flags.lora)};
}

Deployment resolve_deployment(const SimulationFlags& flags, CommandKind command,
                              const ResolvedModel& model, std::optional<kv::OffloadConfig> offload,
                              Micros horizon, Diagnostics& diagnostics) {
  check_limits(flags);
  Deployment d;
  if (!flags.gateway.policy_config->empty())
    d.bundle = load_policy_bundle(*flags.gateway.policy_config);
  ResolvedPolicies policies = resolve_policies(flags, d.bundle, diagnostics);
  if (command == CommandKind::kReplay) refuse_control_plane_in_replay(flags, d.bundle);
  d.pools = resolve_topology(flags.disagg, *flags.gateway.num_instances);
  check_disaggregation(flags.disagg, d.pools, command, diagnostics);
  d.prefill_pool = resolve_pool(model, pool_settings(flags.disagg.prefill, d.pools), diagnostics);
  d.decode_pool = resolve_pool(model, pool_settings(flags.disagg.decode, d.pools), diagnostics);

  d.cluster.seed = *flags.control.seed;
  d.cluster.num_instances = *flags.gateway.num_instances;
  d.cluster.model = model.name;
  d.cluster.gpu_type = model.gpu_type;
  d.cluster.tensor_parallel = model.latency.tensor_parallel;
  d.cluster.data_parallel = model.latency.data_parallel;
  d.cluster.instance = instance_config(flags, model, horizon, policies, diagnostics);
  d.cluster.kv = kv_config(flags, model, std::move(offload));
  if (d.cluster.kv.tier_hits_save_prefill && d.cluster.kv.cpu_tier.cpu_blocks == 0 &&
      !d.cluster.kv.offload) {
    diagnostics.warn("--kv-tier-hits-save-prefill has no effect: the KV cache has no lower tiers");
  }
  d.cluster.slo_priorities = engine::SloPriorities(policies.slo_priorities);
  d.cluster.gateway = std::move(policies.gateway);
  d.cluster.disaggregation = disaggregation_config(flags.disagg, d.pools, model, d.prefill_pool);
  if (d.pools.prefill > 0) {
    d.cluster.prefill_pool = pool_override(d.prefill_pool, model);
    d.cluster.decode_pool = pool_override(d.decode_pool, model);
  }
  d.cluster.lora = model.lora.config;
  d.cluster.control = resolve_control(flags.gateway, d.bundle, d.pools, diagnostics);
  d.cluster.control.gpu_prices = parse_gpu_prices(*flags.output.gpu_hour_cost);
  warn_of_prices_without_effect(d.cluster, diagnostics);
  if (d.cluster.control.placement.hardware_of_node) {
    d.cluster.node_hardware = resolve_node_hardware(d.bundle, *flags.gateway.policy_config, model,
                                                    d.pools.prefill > 0 ? &d.prefill_pool : nullptr,
                                                    d.pools.prefill > 0 ? &d.decode_pool : nullptr);
  }
  if (model.kv_blocks_follow_gpu_memory) {
    d.cluster.kv_sizing =
        cluster::KvSizing{.architecture = model.architecture, .inputs = model.kv_inputs};
  }
  d.cluster.max_idle_steps = *flags.engine.max_idle_steps;
  d.cluster.latency = latency::make_latency_model(model.latency, model.architecture, model.gpu);
  return d;
}

}  // namespace blis::config
