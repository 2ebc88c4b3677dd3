// A whole platform with random settings and random traffic, all from one seed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/simulation.h"
#include "control/analyzer.h"
#include "control/optimizer.h"
#include "disagg/decider.h"
#include "gateway/admission_policy.h"
#include "gateway/routing_policy.h"
#include "gateway/saturation_detector.h"
#include "gateway/scorer.h"
#include "testing/draw.h"

namespace blis::testing {

/// Latencies of a real model, so that every sum of the batch matters.
inline std::shared_ptr<const latency::LatencyModel> small_model(bool roofline) {
  model::Architecture architecture;
  architecture.num_layers = 4;
  architecture.hidden_dim = 512;
  architecture.num_heads = 8;
  architecture.num_kv_heads = 4;
  architecture.intermediate_dim = 2048;
  architecture.vocab_size = 1000;
  architecture.activation_bytes = 2;
  model::Gpu gpu;
  gpu.tflops_peak = 1;
  gpu.bandwidth_tb_per_s = 0.05;
  gpu.mfu_prefill = 0.5;
  gpu.mfu_decode = 0.3;
  latency::LatencyConfig config;
  config.backend = roofline ? "roofline" : "trained-physics";
  config.alpha = {300, 2, 5};
  config.beta = {0.15, 0, 1.36, 0.75, 32, 4.4, 126, 481, 0, 1.9, 0.75};
  return latency::make_latency_model(config, architecture, gpu);
}

/// Answers every third completion with one more request.
class FollowUps final : public request::SessionListener {
 public:
  explicit FollowUps(std::int64_t limit) : left_(limit) {}
  std::int64_t made = 0;

  std::optional<request::RequestSpec> on_terminal(const request::RequestSpec& request,
                                                  request::TerminalOutcome outcome, std::int64_t,
                                                  Micros at) override {
    if (request.name.part != request::RequestPart::kWhole) return std::nullopt;
    if (outcome != request::TerminalOutcome::kCompleted || left_ == 0 || ++seen_ % 3 != 0) {
      return std::nullopt;
    }
    --left_;
    request::RequestSpec next = request;
    next.name.number = 1'000'000 + made++;
    next.arrival = at + Micros(500);
    if (next.deadline > Micros()) next.deadline = next.arrival + Micros(100'000);
    return next;
  }

 private:
  std::int64_t left_;
  std::int64_t seen_ = 0;
};

/// Three adapters and room for some of them.
inline model::LoraConfig draw_adapters(Draw& draw) {
  return {.adapter_capacity = draw.between(1, 3),
          .load_base_latency_us = 1500,
          .load_bandwidth_bytes_per_us = 2e6,
          .footprint_bytes_per_rank = 2e6,
          .step_overhead_tiers = {{8, {0.02, 1}}, {16, {0.035, 1}}, {32, {0.06, 1}}},
          .adapters = {{"x", 8, ""}, {"y", 16, ""}, {"z", 64, ""}}};
}

/// Policies as somebody might try them: with scores beyond every bound, by lot, by the clock.
inline constexpr std::array<const char*, 4> kScripts = {
    "function score(r, i) return i.waiting_requests - 3 end\n"
    "function admit(r, c) return r.input_tokens % 3 ~= 0 end\n"
    "function priority(r, i) return -r.input_tokens end",
    "function score(r, i) return i.id == 0 and -math.huge or 1e300 end\n"
    "function admit(r, c) return #c > 1 or math.random() < 0.8 end\n"
    "function priority(r, i) return math.random() end",
    "function score(r, i, c) return i.cached_prefix_blocks + c.now_us % 2 end\n"
    "function admit(r, c) return not r.sheddable end\n"
    "function priority(r, i) return 1e308 end",
    "local turn = 0\n"
    "function score(r, i, c) turn = turn + 1; return (turn * 7) % 5 - 2 end\n"
    "function admit() return true end\n"
    "function priority(r, i) return i.waiting_requests end",
};

struct RandomPlatform {
  explicit RandomPlatform(std::uint64_t seed) : draw(seed) {}

  cluster::ClusterConfig config;
  std::shared_ptr<SymbolTable> symbols = std::make_shared<SymbolTable>();
  std::vector<request::RequestSpec> specs;  ///< by arrival
  std::int64_t follow_ups = 0;              ///< how many at most
  Draw draw;                                ///< where the choices of whoever runs it come from
};

/// Pools for some of the platforms; with them no request is without prompt or answer, which the
/// reference cannot split.
inline void draw_pools(Draw& draw, cluster::ClusterConfig& config) {
  disagg::DisaggregationConfig& d = config.disaggregation;
  disagg::PoolSizes& pools = d.pools;
  std::int64_t left = config.num_instances;
  const auto take = [&](std::int64_t least) {
    const std::int64_t n = draw.between(least, std::max(left, least));
    left -= n;
    return n;
  };
  if (left >= 2 && draw.one_in(2)) {
    left -= 1;  // for decode
    pools.prefill = take(1);
    left += 1;
    pools.decode = take(1);
  } else {
    pools.shared = take(1);
  }
  if (draw.one_in(3)) pools.shared += take(0);
  if (draw.one_in(3)) pools.encode = take(0);
  d.decider = std::string(draw.from(disagg::decider_entries()).name);
  if (draw.one_in(2)) d.decider = "always";
  d.prefix_threshold_tokens = draw.between(0, 40);
  d.encode_decider = std::string(draw.from(disagg::encode_decider_entries()).name);
  d.transfer.bandwidth_gb_per_s = 0.001 * static_cast<double>(draw.between(1, 100));
  d.transfer.base_latency_ms = 0.1 * static_cast<double>(draw.between(0, 30));
  d.transfer.contention = draw.one_in(2);
  d.transfer.kv_bytes_per_token = static_cast<double>(draw.between(1, 1000));
  d.transfer.block_size_tokens = config.instance.block_size_tokens;
  if (draw.one_in(3)) config.gateway.routing.prefill_scorers = {{"queue-depth", 1}};
  if (draw.one_in(3)) config.gateway.routing.decode_scorers = {{"kv-utilization", 1}};
  if (draw.one_in(2)) {
    config.prefill_pool = {.total_kv_blocks = config.instance.total_kv_blocks + 5,
                           .max_model_len_tokens = config.instance.max_model_len_tokens,
                           .latency = small_model(false)};
    config.decode_pool = {.total_kv_blocks = config.instance.total_kv_blocks,
                          .max_model_len_tokens = config.instance.max_model_len_tokens / 2,
                          .latency = small_model(true)};
  }
  // Halves that hold blocks behind one that needs some may block each other (spec disaggregation
  // 8.4).
  config.max_idle_steps = 500;
}

/// Host memory or an offload chain behind the GPU's blocks, now and then larger than that.
inline void draw_tiers(Draw& draw, cluster::ClusterConfig& config) {
  kv::KvConfig& kv = config.kv;
  kv.tier_hits_save_prefill = draw.one_in(2);
  // Requests that wait with blocks that they hold may block each other (spec kv-cache W3).
  config.max_idle_steps = 500;
  const std::int64_t cpu_blocks = draw.between(1, draw.one_in(3) ? 200 : 30);
  if (draw.one_in(2)) {
    kv.cpu_tier = {.cpu_blocks = cpu_blocks,
                   .bandwidth_tokens_per_tick = 0.1 * static_cast<double>(draw.between(1, 50)),
                   .base_latency_ticks = draw.between(0, 40)};
    return;
  }
  kv::OffloadConfig& offload = kv.offload.emplace();
  offload.per_block_bytes = 1000;
  offload.cpu_bytes_to_use = cpu_blocks * offload.per_block_bytes;
  offload.block_size = config.instance.block_size_tokens;
  offload.offload_prompt_only = draw.one_in(2);
  for (std::int64_t tiers = draw.between(0, 2); tiers > 0; --tiers) {
    kv::SecondaryTierConfig& tier = offload.secondary_tiers.emplace_back();
    tier.n_read_threads = draw.between(1, 4);
    tier.n_write_threads = draw.between(1, 4);
    tier.device = {.read_bandwidth = static_cast<double>(draw.between(1, 500)),
                   .write_bandwidth = static_cast<double>(draw.between(1, 500)),
                   .base_latency = static_cast<double>(draw.between(0, 3000)),
                   .saturation_queue_depth = draw.between(1, 4),
                   .single_transfer_fraction = 0.25 * static_cast<double>(draw.between(1, 4)),
                   .latency_jitter_stddev = draw.one_in(2) ? 0 : 0.3};
  }
}

/// Node pools that are too small or too large, slow loading, an autoscaler in a hurry.
inline void draw_control(Draw& draw, cluster::ClusterConfig& config) {
  config.gpu_type = "H100";
  control::ControlConfig& c = config.control;
  const auto some_seconds = [&draw](std::int64_t most_ms) {
    const double mean_s = 0.001 * static_cast<double>(draw.between(0, most_ms));
    return control::Delay{.mean_s = mean_s, .stddev_s = draw.one_in(2) ? 0 : mean_s / 2};
  };
  if (!draw.one_in(4)) {
    for (const char* gpu : {"H100", "A100"}) {
      c.node_pools.push_back({.name = gpu,
                              .gpu_type = gpu,
                              .gpus_per_node = draw.between(1, 4),
                              .gpu_memory_gib = 80,
                              .initial_nodes = draw.between(1, 2),
                              .cost_usd_per_hour = static_cast<double>(draw.between(1, 5))});
    }
  }
  c.loading_delay = some_seconds(50);
  c.warm_start_initial_instances = draw.one_in(2);
  if (draw.one_in(4)) return;
  control::AutoscalerConfig& autoscaler = c.autoscaler;
  autoscaler.interval = Micros(draw.between(2'000, 100'000));
  autoscaler.up_window_us = draw.one_in(2) ? 0 : 10'000;
  autoscaler.down_window_us = draw.one_in(2) ? 0 : 50'000;
  autoscaler.scrape_delay = some_seconds(20);
  autoscaler.analyzer = std::string(draw.from(control::analyzer_entries()).name);
  autoscaler.optimizer = std::string(draw.from(control::optimizer_entries()).name);
}

inline void draw_instance(Draw& draw, engine::InstanceConfig& instance) {
  instance.block_size_tokens = draw.between(1, 16);
  instance.total_kv_blocks = draw.one_in(2) ? draw.between(8, 60) : 2000;
  instance.max_model_len_tokens =
      std::min<std::int64_t>(instance.total_kv_blocks * instance.block_size_tokens, 300);
  instance.max_num_seqs = draw.between(1, 24);
  instance.max_num_batched_tokens = draw.between(8, 400);
  instance.long_prefill_token_threshold = draw.one_in(2) ? 0 : draw.between(4, 50);
  instance.scheduler = std::string(draw.from(engine::scheduler_entries()).name);
  instance.preemption_policy = std::string(draw.from(engine::preemption_policy_entries()).name);
  if (draw.one_in(3)) instance.horizon = Micros(draw.between(1000, 400'000));
}

inline void draw_flow_control(Draw& draw, gateway::FlowControlConfig& flow) {
  flow.enabled = draw.one_in(2);
  flow.saturation.detector = std::string(draw.from(gateway::saturation_detector_entries()).name);
  flow.saturation.max_concurrency = draw.between(1, 8);
  flow.dispatch_order = static_cast<gateway::DispatchOrder>(draw.between(0, 2));
  flow.fairness = static_cast<gateway::FairnessPolicy>(draw.between(0, 1));
  flow.slo_targets_us = {{"critical", 1000}, {"batch", 50'000}};
  flow.max_queue_depth = draw.one_in(2) ? 0 : draw.between(1, 10);
  flow.per_band_capacity = draw.one_in(2) ? 0 : draw.between(1, 6);
  flow.usage_limit_threshold = 0.1 * static_cast<double>(draw.between(1, 10));
  flow.request_ttl = Micros(draw.one_in(2) ? 0 : draw.between(1, 40'000));
  flow.queue_shedding = draw.one_in(2);
  flow.in_flight_eviction = draw.one_in(2);
}

inline void draw_gateway(Draw& draw, cluster::ClusterConfig& config) {
  gateway::GatewayConfig& gateway = config.gateway;
  gateway.signals.refresh_interval = Micros(draw.one_in(2) ? 0 : draw.between(1, 50'000));
  gateway.signals.cache_signal_delay = Micros(draw.one_in(2) ? 0 : draw.between(1, 50'000));
  gateway.admission.policy = std::string(draw.from(gateway::admission_policy_entries()).name);
  if (draw.one_in(2)) gateway.admission.policy = "always-admit";
  gateway.admission.token_bucket = {.capacity_tokens = 300, .refill_tokens_per_s = 5000};
  gateway.admission.tier_shed = {.load_threshold = draw.between(0, 10),
                                 .min_priority = draw.between(-2, 4)};
  if (draw.one_in(3)) gateway.admission.tenant_budgets = {{"a", 0.2}, {"b", 0.0}};
  gateway.admission_latency = Micros(draw.one_in(2) ? 0 : draw.between(0, 3000));
  gateway.routing_latency = Micros(draw.one_in(2) ? 0 : draw.between(0, 3000));
  gateway.routing.policy = std::string(draw.from(gateway::routing_policy_entries()).name);
  for (const gateway::ScorerEntry& scorer : gateway::scorer_entries()) {
    if (draw.one_in(3))
      gateway.routing.scorers.push_back(
          {std::string(scorer.name), 0.5 * static_cast<double>(draw.between(1, 5))});
  }
  gateway.script = script::make_policy_script(
      "random.lua", kScripts[static_cast<std::size_t>(draw.between(0, kScripts.size() - 1))],
      config.seed);
  config.instance.script = gateway.script;
  draw_flow_control(draw, gateway.flow_control);
  gateway.trace.enabled = draw.one_in(4);
  gateway.trace.counterfactual_k = draw.between(0, 3);
}

inline void draw_traffic(RandomPlatform& platform, bool has_adapters, bool has_pools,
                         Contents contents) {
  Draw& draw = platform.draw;
  const char* classes[] = {"", "critical", "standard", "batch", "sheddable", "background"};
  const char* adapters[] = {"", "x", "y", "z"};
  const char* tenants[] = {"", "a", "b", "default"};
  Micros arrival;
  const std::int64_t count = draw.between(0, 80);
  for (std::int64_t k = 0; k < count; ++k) {
    if (!draw.one_in(3)) arrival += Micros(draw.between(0, 8000));
    request::RequestSpec spec;
    spec.name.number = k;
    spec.arrival = arrival;
    const std::int64_t prefix = draw.one_in(2) ? 0 : draw.between(1, 40);
    spec.input_tokens = prefix + draw.between(1, 60);
    spec.output_tokens = draw.between(draw.one_in(9) && !has_pools ? 0 : 1, 50);
    if (draw.one_in(5)) spec.image_tokens = 1;
    if (draw.one_in(2)) spec.max_output_tokens = spec.output_tokens;
    if (draw.one_in(3)) spec.deadline = arrival + Micros(draw.between(100, 150'000));
    spec.slo_class = platform.symbols->intern(classes[draw.between(0, 5)]);
    spec.tenant = platform.symbols->intern(tenants[draw.between(0, 3)]);
    if (draw.one_in(20)) spec.model = platform.symbols->intern(draw.one_in(2) ? "m" : "other");
    if (has_adapters) spec.adapter = platform.symbols->intern(adapters[draw.between(0, 3)]);
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < spec.input_tokens + spec.output_tokens; ++i) {
      const auto drawn = i < prefix ? std::int64_t{0} : draw.between(0, 3);
      const bool is_own = i >= prefix && contents != Contents::kRepeating;
      const std::int64_t shared = i < prefix ? i : drawn;
      tokens.push_back(static_cast<std::int32_t>(is_own ? (k + 1) * 100'000 + i : shared));
    }
    const std::span<const std::int32_t> all(tokens);
    request::BlockKeyChain chain(platform.config.instance.block_size_tokens);
    chain.append(all.first(static_cast<std::size_t>(spec.input_tokens)));
    if (contents == Contents::kPrivate && platform.config.serves_private_blocks()) {
      request::BlockKeyChain shared(platform.config.instance.block_size_tokens);
      shared.append(all.first(static_cast<std::size_t>(prefix)));
      spec.keys = request::make_private_keys(std::move(shared));
    } else {
      spec.keys = request::make_token_keys(
          std::move(chain), all.subspan(static_cast<std::size_t>(spec.input_tokens)));
    }
    platform.specs.push_back(std::move(spec));
  }
}

inline RandomPlatform draw_platform(std::uint64_t seed, Contents contents = Contents::kRepeating) {
  RandomPlatform platform(seed);
  Draw& draw = platform.draw;
  cluster::ClusterConfig& config = platform.config;
  config.seed = draw.between(-5, 1000);
  config.num_instances = draw.between(1, 6);
  config.model = "m";
  config.latency = small_model(draw.one_in(3));
  draw_instance(draw, config.instance);
  const bool has_adapters = draw.one_in(3);
  if (has_adapters) {
    config.lora = draw_adapters(draw);
    // With another scheduler preempted requests could keep their adapters for ever (spec engine
    // W4).
    config.instance.scheduler = "fcfs";
  }
  draw_gateway(draw, config);
  const bool has_pools = draw.one_in(2);
  if (has_pools) draw_pools(draw, config);
  if (draw.one_in(3)) draw_tiers(draw, config);
  if (!has_pools && draw.one_in(2)) draw_control(draw, config);
  draw_traffic(platform, has_adapters, has_pools, contents);
  config.instance.step_effects_at_end = draw.one_in(3);
  // A detector that stays saturated re-arms its tick for ever; only a horizon ends such a run.
  const gateway::FlowControlConfig& flow = config.gateway.flow_control;
  if (flow.enabled && flow.saturation.detector != "never") {
    config.instance.horizon = std::min(config.instance.horizon, Micros(3'000'000));
  }
  const bool has_follow_ups = !draw.one_in(2);
  // A follow-up repeats its predecessor, so no content would be its own.
  platform.follow_ups = has_follow_ups && contents == Contents::kRepeating ? 20 : 0;
  return platform;
}

}  // namespace blis::testing
