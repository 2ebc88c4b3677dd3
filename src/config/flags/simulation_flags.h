// The flags that `run` and `replay` share. Defaults stand here and nowhere else. SOURCE spec cli 4.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/flags/flag.h"

namespace blis::config {

/// SOURCE spec cli 4.1.
struct SimulationControlFlags {
  Flag<std::int64_t> seed{42};
  Flag<std::int64_t> horizon{std::numeric_limits<std::int64_t>::max()};
  Flag<std::string> log{"warn"};
};

/// SOURCE spec cli 4.1, latency 9.
struct ModelFlags {
  Flag<std::string> defaults_filepath{"defaults.yaml"};
  Flag<std::string> model_config_folder;
  Flag<std::string> hardware_config;
  Flag<std::string> model;
  Flag<std::string> hardware;
  Flag<std::int64_t> tp;
  Flag<std::int64_t> dp{1};
  Flag<bool> enable_expert_parallel;
  Flag<std::string> moe_comm_backend;
  Flag<std::string> latency_model{"trained-physics"};
  Flag<std::vector<double>> alpha_coeffs{{0, 0, 0}};
  Flag<std::vector<double>> beta_coeffs{{0, 0, 0}};
  Flag<std::int64_t> max_model_len;
  Flag<std::int64_t> total_kv_blocks{1'000'000};
  Flag<std::int64_t> block_size_in_tokens{16};
  Flag<double> gpu_memory_utilization{0.9};
  Flag<std::string> kv_cache_dtype{"auto"};     ///< ours, not the reference's
  Flag<std::int64_t> hybrid_attention_context;  ///< ours, not the reference's
  Flag<double> expert_zipf_exponent;            ///< ours, not the reference's
};

/// SOURCE spec cli 4.1, engine 2.1.
struct EngineFlags {
  Flag<std::int64_t> max_num_seqs{256};
  Flag<std::int64_t> max_num_batched_tokens{2048};
  Flag<std::int64_t> long_prefill_token_threshold;
  Flag<std::string> scheduler{"fcfs"};
  Flag<std::string> preemption_policy{"fcfs"};
  Flag<std::string> stepper{"fast"};  ///< ours, not the reference's
  Flag<std::int64_t> max_idle_steps;  ///< ours, not the reference's
  Flag<bool> step_effects_at_end;     ///< ours, not the reference's
  // Speculative decoding: ours, not the reference's.
  Flag<std::int64_t> speculative_draft_tokens;
  Flag<double> speculative_acceptance_rate;
  Flag<double> speculative_draft_cost_ratio;
  Flag<std::string> speculative_mode{"expected"};
};

/// SOURCE spec cli 4.2, data-plane 2.
struct GatewayFlags {
  Flag<std::int64_t> num_instances{1};
  Flag<std::string> policy_config;
  Flag<std::string> admission_policy{"always-admit"};
  Flag<std::int64_t> admission_latency;
  Flag<double> token_bucket_capacity{10'000};
  Flag<double> token_bucket_refill_rate{1'000};
  Flag<std::string> routing_policy{"round-robin"};
  Flag<std::int64_t> routing_latency;
  Flag<std::string> routing_scorers;
  Flag<std::string> policy_script;
  Flag<double> lora_scorer_weight;
  Flag<std::int64_t> snapshot_refresh_interval{50'000};
  Flag<std::int64_t> cache_signal_delay{50'000};
  Flag<double> model_autoscaler_interval_us;
};

/// SOURCE spec cli 4.3.
struct FlowControlFlags {
  Flag<bool> flow_control;
  Flag<std::string> saturation_detector{"never"};
  Flag<std::string> dispatch_order{"fifo"};
  Flag<std::string> slo_targets;
  Flag<std::int64_t> max_gateway_queue_depth;
  Flag<std::int64_t> per_band_capacity;
  Flag<double> queue_depth_threshold{5};
  Flag<double> kv_cache_util_threshold{0.8};
  Flag<std::int64_t> max_concurrency{100};
  Flag<double> usage_limit_threshold{1.0};
  Flag<std::string> fairness_policy{"global-strict"};
  Flag<std::int64_t> request_ttl;
  Flag<bool> queue_shedding;
  Flag<std::int64_t> dispatch_tick_interval{1'000};
  Flag<bool> in_flight_eviction;
};

/// SOURCE spec cli 4.4, kv-cache 1.1.
struct KvTierFlags {
  Flag<std::int64_t> kv_cpu_blocks;
  Flag<double> kv_offload_threshold{0.9};
  Flag<double> kv_transfer_bandwidth{100};
  Flag<std::int64_t> kv_transfer_base_latency;
  Flag<std::string> kv_offload_config;
  Flag<bool> kv_tier_hits_save_prefill;  ///< ours, not the reference's
};

/// What one pool overrides. SOURCE spec cli 4.5.
struct PoolFlags {
  Flag<std::string> routing_scorers;
  Flag<std::int64_t> tp;
  Flag<std::string> hardware;
  Flag<std::string> latency_model;
  Flag<std::int64_t> max_model_len;

  bool overrides_set() const {
    return tp.is_set || hardware.is_set || latency_model.is_set || max_model_len.is_set;
  }
};

/// SOURCE spec cli 4.5, disaggregation 2.1.
struct DisaggregationFlags {
  Flag<std::int64_t> prefill_instances;
  Flag<std::int64_t> decode_instances;
  Flag<std::int64_t> prefill_decode_instances;
  Flag<std::int64_t> encode_instances;
  Flag<std::string> pd_decider{"never"};
  Flag<std::int64_t> pd_prefix_threshold{16};
  Flag<double> pd_transfer_bandwidth{25};
  Flag<double> pd_transfer_base_latency{0.05};
  Flag<bool> pd_transfer_contention;
  Flag<std::string> encode_decider{"never"};
  PoolFlags prefill;
  PoolFlags decode;
};

/// SOURCE spec cli 4.6.
struct LoraFlags {
  Flag<std::string> lora_config;
  Flag<std::int64_t> adapter_capacity;
  Flag<double> load_base_latency_us;
  Flag<double> load_bandwidth_bytes_us;
  Flag<double> footprint_bytes_per_rank;
};

/// Goodput targets. SOURCE spec cli 15.
struct GoodputFlags {
  Flag<std::string> slo_ttft;
  Flag<std::string> slo_itl;
  Flag<std::string> slo_e2e;
};

/// Post-hoc saturation detection. SOURCE spec cli 16.
struct SaturationFlags {
  Flag<std::string> detectors;
  Flag<std::string> saturation_config;
  Flag<std::string> saturation_report;
  Flag<std::string> saturation_final_window;
};

/// SOURCE spec cli 4.7.
struct OutputFlags {
  Flag<std::string> metrics_path;
  Flag<std::string> trace_output;
  Flag<std::string> trace_level{"none"};
  Flag<std::int64_t> counterfactual_k;
  Flag<bool> summarize_trace;
  Flag<std::string> fitness_weights;
  Flag<bool> lazy_generation;
  Flag<std::string> timeseries;                           ///< ours, not the reference's
  Flag<DurationNs> timeseries_interval{{1'000'000'000}};  ///< ours, not the reference's
  Flag<bool> gpu_costs;                                   ///< ours, not the reference's
  Flag<std::string> gpu_hour_cost;                        ///< ours, not the reference's
};

/// Everything that `run` and `replay` share.
struct SimulationFlags {
  SimulationControlFlags control;
  ModelFlags model;
  EngineFlags engine;
  GatewayFlags gateway;
  FlowControlFlags flow;
  KvTierFlags kv;
  DisaggregationFlags disagg;
  LoraFlags lora;
  OutputFlags output;
  GoodputFlags goodput;
  SaturationFlags saturation;
};

void register_flags(SimulationFlags& flags, FlagSet& set);
void register_flags(GoodputFlags& flags, FlagSet& set);
void register_flags(SaturationFlags& flags, FlagSet& set);

}  // namespace blis::config
