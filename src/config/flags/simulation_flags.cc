#include "config/flags/simulation_flags.h"

#include <string>

#include "config/flags/policy_names.h"

namespace blis::config {
namespace {

void register_control(SimulationControlFlags& f, FlagSet& set) {
  set.begin_group("Simulation");
  set.add("seed", &f.seed,
          "seed of every random stream of the simulator, and of the workload unless its spec has "
          "its own");
  set.add("horizon", &f.horizon, "simulated time after which nothing happens any more")
      .unit("µs")
      .default_shown_as("unlimited");
  set.add("log", &f.log, "how much to say on stderr").choices(log_level_names());
}

void register_model(ModelFlags& f, FlagSet& set) {
  set.begin_group("Model and hardware");
  set.add("model", &f.model, "model name, as organisation/name; case does not matter");
  set.add("hardware", &f.hardware, "GPU, a key of the hardware table; empty = the model's default");
  set.add("tp", &f.tp, "tensor-parallel degree; 0 = the model's default").unit("GPUs");
  set.add("dp", &f.dp, "data-parallel degree of an MoE model").unit("ranks");
  set.add("enable-expert-parallel", &f.enable_expert_parallel,
          "spread the experts of an MoE model over the GPUs");
  set.add("moe-comm-backend", &f.moe_comm_backend,
          "all-to-all backend of an MoE model; empty = allgather_reducescatter")
      .choices(moe_comm_backend_names());
  set.add("expert-zipf-exponent", &f.expert_zipf_exponent,
          "skew of the experts' popularity, drawn per layer; 0 = all equally popular");
  set.add("kv-cache-dtype", &f.kv_cache_dtype,
          "type of a KV element, in memory and in step times; auto = the model's own")
      .choices(kv_cache_dtype_names());
  set.add(
         "hybrid-attention-context", &f.hybrid_attention_context,
         "honour the sliding windows and linear attention of config.json, with KV blocks sized for "
         "sequences of so many tokens; 0 = every layer attends to everything")
      .unit("tokens");
  set.add("latency-model", &f.latency_model, "how the time of a step is computed")
      .choices(latency_model_names());
  set.add("alpha-coeffs", &f.alpha_coeffs,
          "coefficients of queueing and token processing; only with --beta-coeffs")
      .unit("µs");
  set.add("beta-coeffs", &f.beta_coeffs, "coefficients of the step time; only with --alpha-coeffs");
  set.add("defaults-filepath", &f.defaults_filepath,
          "file of model defaults, presets and coefficients; its folder anchors model_configs/ and "
          "hardware_config.json")
      .path();
  set.add("model-config-folder", &f.model_config_folder,
          "folder that holds the model's config.json")
      .path();
  set.add("hardware-config", &f.hardware_config, "hardware table (JSON)").path();
}

void register_engine(ModelFlags& m, EngineFlags& f, FlagSet& set) {
  set.begin_group("Engine");
  set.add("max-model-len", &m.max_model_len,
          "longest context of a request; unset = from the model; 0 = unlimited")
      .unit("tokens");
  set.add("total-kv-blocks", &m.total_kv_blocks,
          "KV blocks of one instance; unset = what fits beside the weights")
      .unit("blocks");
  set.add("block-size-in-tokens", &m.block_size_in_tokens, "size of one KV block").unit("tokens");
  set.add("gpu-memory-utilization", &m.gpu_memory_utilization,
          "share of GPU memory that the engine may use, in (0, 1]");
  set.add("max-num-seqs", &f.max_num_seqs, "most requests in the running batch")
      .unit("requests")
      .old_name("max-num-running-reqs");
  set.add("max-num-batched-tokens", &f.max_num_batched_tokens, "token budget of one step")
      .unit("tokens")
      .old_name("max-num-scheduled-tokens");
  set.add("long-prefill-token-threshold", &f.long_prefill_token_threshold,
          "most prompt tokens that one request gets in one step; 0 = no limit")
      .unit("tokens");
  set.add("scheduler", &f.scheduler, "order of the wait queue").choices(scheduler_names());
  set.add("preemption-policy", &f.preemption_policy, "who gives way when KV blocks run out")
      .choices(preemption_policy_names());
  set.add("stepper", &f.stepper,
          "how steps are executed: the results are the same, plain is slower")
      .choices(stepper_names());
  set.add("max-idle-steps", &f.max_idle_steps,
          "give up after so many steps of an instance that lead nowhere; 0 = only if it is certain "
          "that the run would never end")
      .unit("steps");
  set.add("step-effects-at-end", &f.step_effects_at_end,
          "an instance is busy until its step ends, and the KV of a completed prefill leaves then; "
          "the reference does both at the start of the step");
  set.add("speculative-draft-tokens", &f.speculative_draft_tokens,
          "speculative decoding: tokens guessed per decoding request and step; 0 = off")
      .unit("tokens");
  set.add("speculative-acceptance-rate", &f.speculative_acceptance_rate,
          "probability that a guess is right, in [0, 1]; must be given for speculative decoding");
  set.add("speculative-draft-cost-ratio", &f.speculative_draft_cost_ratio,
          "time of one pass of the draft over that of the model's decode step; 0 = guessing is "
          "free");
  set.add("speculative-mode", &f.speculative_mode,
          "expected: every request gets the expected number of tokens; sampled: it is drawn")
      .choices(speculative_mode_names());
}

void register_gateway(GatewayFlags& f, FlagSet& set) {
  set.begin_group("Cluster and gateway");
  set.add("num-instances", &f.num_instances, "number of model-server instances");
  set.add("policy-config", &f.policy_config, "policy bundle (YAML); flags win over it").path();
  set.add("admission-policy", &f.admission_policy, "which arrivals are let in")
      .choices(admission_policy_names());
  set.add("admission-latency", &f.admission_latency, "from arrival to the admission decision")
      .unit("µs");
  set.add("token-bucket-capacity", &f.token_bucket_capacity, "size of the token bucket")
      .unit("tokens");
  set.add("token-bucket-refill-rate", &f.token_bucket_refill_rate, "refill of the token bucket")
      .unit("tokens/s");
  set.add("routing-policy", &f.routing_policy, "which instance gets an admitted request")
      .choices(routing_policy_names());
  set.add("routing-latency", &f.routing_latency, "from admission to the routing decision")
      .unit("µs");
  set.add("routing-scorers", &f.routing_scorers,
          "scorers of the weighted policy, as name:weight,...; empty = "
          "precise-prefix-cache:2,queue-depth:1,kv-utilization:1");
  set.add("lora-scorer-weight", &f.lora_scorer_weight,
          "weight of lora-affinity, appended to the scorers of the weighted policy");
  set.add("policy-script", &f.policy_script,
          "policies of your own in Lua: score() becomes --routing-policy script, admit() "
          "--admission-policy script, priority() --scheduler script, unless these flags or the "
          "bundle say otherwise")
      .path();
  set.add("snapshot-refresh-interval", &f.snapshot_refresh_interval,
          "period at which the gateway scrapes the instances; 0 = live")
      .unit("µs");
  set.add("cache-signal-delay", &f.cache_signal_delay,
          "period at which the gateway learns what is cached; 0 = live")
      .unit("µs");
  set.add("model-autoscaler-interval-us", &f.model_autoscaler_interval_us,
          "period of the autoscaler; 0 = off")
      .unit("µs");
}

void register_flow_control(FlowControlFlags& f, FlagSet& set) {
  set.begin_group("Gateway flow control");
  set.add("flow-control", &f.flow_control,
          "hold requests in a gateway queue while the instances are saturated");
  set.add("saturation-detector", &f.saturation_detector, "when the instances count as saturated")
      .choices(saturation_gate_names());
  set.add("queue-depth-threshold", &f.queue_depth_threshold,
          "waiting requests per instance at which utilization is full")
      .unit("requests");
  set.add("kv-cache-util-threshold", &f.kv_cache_util_threshold,
          "KV utilization at which utilization is full");
  set.add("max-concurrency", &f.max_concurrency,
          "in-flight requests per instance at which concurrency is full")
      .unit("requests");
  set.add("dispatch-order", &f.dispatch_order, "who leaves the gateway queue first")
      .choices(dispatch_order_names());
  set.add("slo-targets", &f.slo_targets, "TTFT targets for slo-deadline, as class=µs,...");
  set.add("fairness-policy", &f.fairness_policy, "how tenants share the gateway queue")
      .choices(fairness_policy_names());
  set.add("max-gateway-queue-depth", &f.max_gateway_queue_depth,
          "most requests in the gateway queue; 0 = unlimited")
      .unit("requests");
  set.add("per-band-capacity", &f.per_band_capacity,
          "most requests of one priority in the gateway queue; 0 = unlimited")
      .unit("requests");
  set.add("usage-limit-threshold", &f.usage_limit_threshold,
          "saturation above which only higher priorities are dispatched, in (0, 1]");
  set.add("request-ttl", &f.request_ttl, "longest stay in the gateway queue; 0 = no limit")
      .unit("µs");
  set.add("queue-shedding", &f.queue_shedding,
          "a full queue drops a sheddable request to let a better one in");
  set.add("dispatch-tick-interval", &f.dispatch_tick_interval,
          "period at which the queue is looked at; 0 = 1000")
      .unit("µs");
  set.add("in-flight-eviction", &f.in_flight_eviction,
          "abort sheddable requests on the instances when important ones wait");
}

void register_kv_tiers(KvTierFlags& f, FlagSet& set) {
  set.begin_group("KV tiers");
  set.add("kv-cpu-blocks", &f.kv_cpu_blocks, "blocks of the simple host-memory tier; 0 = none")
      .unit("blocks");
  set.add("kv-offload-threshold", &f.kv_offload_threshold, "accepted and checked, without effect");
  set.add("kv-transfer-bandwidth", &f.kv_transfer_bandwidth, "reload rate of the host-memory tier")
      .unit("blocks/µs");
  set.add("kv-transfer-base-latency", &f.kv_transfer_base_latency,
          "fixed reload cost of the host-memory tier")
      .unit("µs");
  set.add("kv-offload-config", &f.kv_offload_config, "multi-tier KV offload (YAML)").path();
  set.add("kv-tier-hits-save-prefill", &f.kv_tier_hits_save_prefill,
          "blocks that come back from a lower tier are not computed again");
}

void register_pool(const std::string& role, PoolFlags& f, FlagSet& set) {
  set.add(role + "-routing-scorers", &f.routing_scorers,
          "scorers that route the " + role + " half, as name:weight,...");
  set.add(role + "-tp", &f.tp, "tensor-parallel degree of the " + role + " pool")
      .unit("GPUs")
      .default_shown_as("");
  set.add(role + "-hardware", &f.hardware, "GPU of the " + role + " pool");
  set.add(role + "-latency-model", &f.latency_model, "latency model of the " + role + " pool")
      .choices(latency_model_names());
  set.add(role + "-max-model-len", &f.max_model_len, "longest context in the " + role + " pool")
      .unit("tokens")
      .default_shown_as("");
}

void register_disaggregation(DisaggregationFlags& f, FlagSet& set) {
  set.begin_group("Prefill/decode/encode disaggregation");
  set.add("prefill-instances", &f.prefill_instances, "instances that only prefill");
  set.add("decode-instances", &f.decode_instances, "instances that only decode");
  set.add("prefill-decode-instances", &f.prefill_decode_instances, "instances in both pools");
  set.add("encode-instances", &f.encode_instances, "instances that only encode multimodal input");
  set.add("pd-decider", &f.pd_decider, "which requests are split over two instances")
      .choices(pd_decider_names());
  set.add("pd-prefix-threshold", &f.pd_prefix_threshold,
          "uncached prompt tokens above which prefix-threshold splits")
      .unit("tokens");
  set.add("pd-transfer-bandwidth", &f.pd_transfer_bandwidth, "bandwidth of the KV transfer")
      .unit("GB/s");
  set.add("pd-transfer-base-latency", &f.pd_transfer_base_latency, "fixed cost of a KV transfer")
      .unit("ms");
  set.add("pd-transfer-contention", &f.pd_transfer_contention,
          "concurrent transfers share the bandwidth");
  set.add("encode-decider", &f.encode_decider, "which requests pass the encode pool")
      .choices(encode_decider_names());
  register_pool("prefill", f.prefill, set);
  register_pool("decode", f.decode, set);
}

void register_lora(LoraFlags& f, FlagSet& set) {
  set.begin_group("LoRA adapters");
  set.add("lora-config", &f.lora_config, "adapters and their costs (YAML)").path();
  set.add("lora-adapter-capacity", &f.adapter_capacity, "adapters resident on one instance")
      .default_shown_as("");
  set.add("lora-load-base-latency-us", &f.load_base_latency_us, "fixed cost of loading an adapter")
      .unit("µs")
      .default_shown_as("");
  set.add("lora-load-bandwidth-bytes-us", &f.load_bandwidth_bytes_us,
          "bandwidth of loading adapters")
      .unit("bytes/µs")
      .default_shown_as("");
  set.add("lora-footprint-bytes-per-rank", &f.footprint_bytes_per_rank,
          "size of an adapter per unit of rank")
      .unit("bytes")
      .default_shown_as("");
}

void register_output(OutputFlags& f, FlagSet& set) {
  set.begin_group("Output");
  set.add("metrics-path", &f.metrics_path,
          "file for the aggregate metrics with one row per request (JSON)")
      .path();
  set.add("trace-output", &f.trace_output,
          "prefix of a trace that replay reads: writes PREFIX.yaml and PREFIX.csv")
      .path();
  set.add("trace-level", &f.trace_level, "what the decision trace records")
      .choices(trace_level_names());
  set.add("counterfactual-k", &f.counterfactual_k,
          "alternatives kept per routing decision, for the regret");
  set.add("summarize-trace", &f.summarize_trace, "print a summary of the decision trace");
  set.add("fitness-weights", &f.fitness_weights,
          "weights of the fitness score, as key:weight,... (run only)");
  set.add("lazy-generation", &f.lazy_generation,
          "generate requests while the simulation runs; same results, less memory");
  set.add("timeseries", &f.timeseries,
          "file for the state of the platform at regular moments of simulated time (CSV)")
      .path();
  set.add("timeseries-interval", &f.timeseries_interval, "simulated time between two rows");
  set.add("gpu-costs", &f.gpu_costs, "add GPU-hours and their cost to the cluster's metrics");
  set.add("gpu-hour-cost", &f.gpu_hour_cost,
          "price of one GPU, as type=price,...; wins over cost_per_hour of node pools; implies "
          "--gpu-costs")
      .unit("$/h");
}

}  // namespace

void register_flags(GoodputFlags& f, FlagSet& set) {
  set.begin_group("Goodput targets");
  set.add("slo-ttft", &f.slo_ttft, "time to first token per class, as class=duration,...");
  set.add("slo-itl", &f.slo_itl, "mean inter-token latency per class, as class=duration,...");
  set.add("slo-e2e", &f.slo_e2e, "end-to-end latency per class, as class=duration,...");
}

void register_flags(SaturationFlags& f, FlagSet& set) {
  set.begin_group("Saturation verdict after the run");
  set.add("detectors", &f.detectors, "detectors, comma-separated; all = every one")
      .choices(saturation_detector_names());
  set.add("saturation-config", &f.saturation_config, "settings of the detectors (YAML)").path();
  set.add("saturation-report", &f.saturation_report, "file for every verdict over time (JSON)")
      .path();
  set.add("saturation-final-window", &f.saturation_final_window,
          "stretch at the end that decides, as a duration; default 30s");
}

void register_flags(SimulationFlags& f, FlagSet& set) {
  register_control(f.control, set);
  register_model(f.model, set);
  register_engine(f.model, f.engine, set);
  register_gateway(f.gateway, set);
  register_flow_control(f.flow, set);
  register_kv_tiers(f.kv, set);
  register_disaggregation(f.disagg, set);
  register_lora(f.lora, set);
  register_output(f.output, set);
  register_flags(f.goodput, set);
  register_flags(f.saturation, set);
}

}  // namespace blis::config
