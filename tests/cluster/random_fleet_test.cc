// Laws of random fleets of which parts fail, come and go: no GPU is given twice or lost, nobody is
// lost or counted twice, and the stepper does not show.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cluster/simulation.h"
#include "cluster/standstill.h"
#include "control/drain_policy.h"
#include "disagg/decider.h"
#include "gateway/routing_policy.h"
#include "gateway/saturation_detector.h"
#include "testing/draw.h"
#include "testing/fixed_latency.h"
#include "testing/list_source.h"

namespace blis::cluster {
namespace {

using control::InstanceState;
using control::NodeState;
using testing::Draw;

std::shared_ptr<const latency::LatencyModel> latency_of(std::int64_t step_us) {
  auto latency = std::make_shared<testing::FixedLatency>(step_us, step_us / 3, 7, 11);
  latency->prompt_token_us = 5;
  return latency;
}

/// Answers every third completion with one more request; notes how often each session was told.
class FollowUps final : public request::SessionListener {
 public:
  std::int64_t made = 0;
  std::map<std::int64_t, int> ends;  // by number of the request

  std::optional<request::RequestSpec> on_terminal(const request::RequestSpec& request,
                                                  request::TerminalOutcome outcome, std::int64_t,
                                                  Micros at) override {
    if (request.name.part != request::RequestPart::kWhole) return std::nullopt;
    ++ends[request.name.number];
    if (outcome != request::TerminalOutcome::kCompleted || made == 15 || ++seen_ % 3 != 0) {
      return std::nullopt;
    }
    request::RequestSpec next = request;
    next.name.number = 1'000'000 + made++;
    next.arrival = at + Micros(500);
    if (next.deadline > Micros()) next.deadline = next.arrival + Micros(100'000);
    return next;
  }

 private:
  std::int64_t seen_ = 0;
};

class NoListener final : public LiveListener {
 public:
  std::int64_t lost = 0;
  void on_arrival(RequestId) override {}
  void on_step(InstanceId) override {}
  void on_end(RequestId, request::TerminalOutcome, Micros) override {}
  void on_loss(RequestId, Loss loss, Micros) override { lost += loss == Loss::kInstanceLost; }
};

struct Options {
  engine::StepperKind stepper = engine::StepperKind::kFast;
  bool fails = true;
  bool fails_only_in_theory = false;  ///< once in thirty years
};

void draw_machines(Draw& draw, ClusterConfig& config) {
  control::ControlConfig& c = config.control;
  const char* types[] = {"H100", "A100"};
  const std::int64_t pools = draw.between(1, 3);
  for (std::int64_t i = 0; i < pools; ++i) {
    control::NodePool pool;
    pool.name = fmt::format("p{}", i);
    pool.gpu_type = types[draw.between(0, 1)];
    pool.gpus_per_node = draw.between(1, 4);
    pool.gpu_memory_gib = 80;
    pool.initial_nodes = draw.between(0, 2);
    pool.max_nodes = pool.initial_nodes + draw.between(0, 2);
    pool.min_nodes = draw.between(0, pool.max_nodes);
    pool.provisioning_delay = {.mean_s = 0.001 * static_cast<double>(draw.between(0, 20)),
                               .stddev_s = draw.one_in(2) ? 0.0 : 0.003};
    c.node_pools.push_back(pool);
  }
  c.placement.retries = draw.one_in(2);
  c.placement.gpus_of_instance = draw.one_in(2);
  c.placement.hardware_of_node = draw.one_in(2);
  c.node_provisioning = {.is_enabled = draw.one_in(2),
                         .idle_time = Micros(draw.between(0, 30'000))};
  c.loading_delay = {.mean_s = 0.001 * static_cast<double>(draw.between(0, 8)), .stddev_s = 0.001};
  c.warm_start_initial_instances = draw.one_in(2);
  if (draw.one_in(2)) {
    c.autoscaler.interval = Micros(draw.between(3'000, 20'000));
    c.autoscaler.down_window_us = static_cast<double>(draw.between(0, 40'000));
  }
}

void draw_pools(Draw& draw, ClusterConfig& config) {
  disagg::DisaggregationConfig& d = config.disaggregation;
  d.pools.prefill = draw.between(1, config.num_instances - 1);
  d.pools.decode = config.num_instances - d.pools.prefill;
  if (draw.one_in(4)) d.pools = {.shared = config.num_instances};
  d.decider = draw.one_in(2) ? "always" : std::string(draw.from(disagg::decider_entries()).name);
  d.prefix_threshold_tokens = draw.between(0, 40);
  d.transfer.bandwidth_gb_per_s = 0.001 * static_cast<double>(draw.between(1, 20));
  d.transfer.base_latency_ms = 0.5 * static_cast<double>(draw.between(0, 20));
  d.transfer.contention = draw.one_in(2);
  d.transfer.kv_bytes_per_token = static_cast<double>(draw.between(1, 1000));
  d.transfer.block_size_tokens = config.instance.block_size_tokens;
  if (!draw.one_in(2)) return;
  config.prefill_pool = {.tensor_parallel = draw.between(1, 2),
                         .total_kv_blocks = config.instance.total_kv_blocks + 5,
                         .max_model_len_tokens = config.instance.max_model_len_tokens,
                         .latency = latency_of(700)};
  config.decode_pool = {.tensor_parallel = draw.between(1, 2),
                        .total_kv_blocks = config.instance.total_kv_blocks,
                        .max_model_len_tokens = config.instance.max_model_len_tokens,
                        .latency = latency_of(300)};
}

/// Numbers of replicas to arrive at, instead of changes.
void draw_targets(Draw& draw, ClusterConfig& config) {
  control::AutoscalerConfig& scaler = config.control.autoscaler;
  const disagg::PoolSizes& pools = config.disaggregation.pools;
  std::vector<gateway::PoolRoles> roles{gateway::kNoRole};
  if (pools.shared > 0) roles = {gateway::kSharedRole};
  if (pools.prefill > 0) roles = {gateway::kPrefillRole, gateway::kDecodeRole};
  scaler.interval = Micros(draw.between(3'000, 20'000));
  scaler.policy = "scheduled";
  for (const gateway::PoolRoles role : roles) {
    control::ScaleTarget& target = scaler.targets.emplace_back();
    target.roles = role;
    target.min_replicas = draw.between(0, 2);
    target.max_replicas = target.min_replicas + draw.between(1, 3);
    target.idle_timeout = Micros(draw.between(1, 100'000));
    for (std::int64_t i = draw.between(0, 3); i > 0; --i) {
      control::ScheduledAction& action = scaler.schedule.emplace_back();
      action.at = Micros(draw.between(0, 200'000));
      action.roles = role;
      action.desired_replicas = draw.between(0, 6);
    }
  }
}

control::FailureClock draw_clock(Draw& draw) {
  if (draw.one_in(3)) return {};
  return {.mtbf_s = 0.004 * static_cast<double>(draw.between(1, 100)),
          .mttr_s = 0.001 * static_cast<double>(draw.between(0, 30))};
}

ClusterConfig draw_config(Draw& draw, const Options& options) {
  ClusterConfig config;
  config.seed = draw.between(-5, 1000);
  config.num_instances = draw.between(1, 5);
  config.model = "m";
  config.gpu_type = "H100";
  config.tensor_parallel = draw.between(1, 2);
  config.data_parallel = draw.between(1, 2);
  config.latency = latency_of(400);
  for (const char* type : {"H100", "A100"}) {
    const std::int64_t step_us = type[0] == 'H' ? 250 : 600;
    config.node_hardware[type] = {.latency = latency_of(step_us),
                                  .prefill_latency = latency_of(step_us + 1),
                                  .decode_latency = latency_of(step_us + 2)};
  }
  engine::InstanceConfig& instance = config.instance;
  instance.stepper = options.stepper;
  instance.block_size_tokens = draw.between(1, 16);
  instance.total_kv_blocks = draw.one_in(2) ? draw.between(8, 60) : 2000;
  instance.max_model_len_tokens =
      std::min<std::int64_t>(instance.total_kv_blocks * instance.block_size_tokens, 300);
  // Preempted requests may hold what others need, as may halves that hold blocks (spec engine W4).
  config.max_idle_steps = 500;
  instance.max_num_seqs = draw.between(1, 24);
  instance.max_num_batched_tokens = draw.between(8, 400);
  if (draw.one_in(3)) {
    config.lora = {.adapter_capacity = draw.between(1, 2),
                   .load_base_latency_us = 1500,
                   .load_bandwidth_bytes_per_us = 2e6,
                   .footprint_bytes_per_rank = 2e6,
                   .step_overhead_tiers = {{8, {0.02, 1}}, {16, {0.035, 1}}},
                   .adapters = {{"x", 8, ""}, {"y", 16, ""}}};
  }
  config.kv.cpu_tier.cpu_blocks = draw.one_in(4) ? draw.between(1, 40) : 0;
  config.kv.cpu_tier.bandwidth_tokens_per_tick = 1;

  gateway::GatewayConfig& gateway = config.gateway;
  gateway.signals.refresh_interval = Micros(draw.one_in(2) ? 0 : draw.between(1, 50'000));
  gateway.signals.cache_signal_delay = Micros(draw.one_in(2) ? 0 : draw.between(1, 50'000));
  if (draw.one_in(3)) gateway.admission.tenant_budgets = {{"a", 0.5}, {"b", 0.2}};
  gateway.admission_latency = Micros(draw.one_in(2) ? 0 : draw.between(0, 3000));
  gateway.routing_latency = Micros(draw.one_in(2) ? 0 : draw.between(0, 3000));
  gateway.routing.policy = draw.one_in(2) ? "round-robin" : "least-loaded";
  gateway.flow_control.enabled = draw.one_in(3);
  gateway.flow_control.saturation.detector =
      std::string(draw.from(gateway::saturation_detector_entries()).name);
  gateway.flow_control.saturation.max_concurrency = draw.between(1, 8);
  gateway.flow_control.in_flight_eviction = draw.one_in(2);
  gateway.trace.enabled = draw.one_in(4);
  if (gateway.flow_control.enabled) instance.horizon = Micros(2'000'000);
  if (draw.one_in(4)) instance.horizon = Micros(draw.between(1000, 300'000));

  const bool has_machines = !draw.one_in(4);
  if (has_machines) draw_machines(draw, config);
  if (config.num_instances >= 2 && draw.one_in(2)) draw_pools(draw, config);
  control::FailureConfig failures;
  failures.instance = draw_clock(draw);
  if (has_machines) {
    failures.node = draw_clock(draw);
    failures.gpu = draw_clock(draw);
  }
  failures.max_retries = draw.between(0, 4);
  failures.retry_delay = Micros(draw.one_in(2) ? 0 : draw.between(1, 10'000));
  if (options.fails) config.control.failures = failures;
  config.control.drain.policy = std::string(draw.from(control::drain_policy_entries()).name);
  const bool takes_time =
      config.control.drain.policy == "WAIT" || config.control.drain.policy == "REDIRECT";
  if (takes_time && draw.one_in(2)) {
    config.control.drain.timeout = Micros(draw.between(1, 50'000));
  }
  if (draw.one_in(3)) config.control.empty_fleet_hold = Micros(draw.between(1, 100'000));
  if (draw.one_in(3)) draw_targets(draw, config);
  if (options.fails_only_in_theory) config.control.failures.instance.mtbf_s = 1e9;
  return config;
}

std::vector<request::RequestSpec> draw_requests(Draw& draw, const ClusterConfig& config,
                                                SymbolTable& symbols) {
  const char* tenants[] = {"", "a", "b"};
  const char* adapters[] = {"", "x", "y"};
  std::vector<request::RequestSpec> specs;
  Micros arrival;
  const std::int64_t count = draw.between(0, 60);
  for (std::int64_t k = 0; k < count; ++k) {
    if (!draw.one_in(3)) arrival += Micros(draw.between(0, 8000));
    const std::int64_t prefix = draw.one_in(2) ? 0 : draw.between(1, 40);
    const std::int64_t input = prefix + draw.between(1, 60);
    const std::int64_t output = draw.between(1, 50);
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < input + output; ++i) {
      tokens.push_back(static_cast<std::int32_t>(i < prefix ? i : draw.between(0, 3)));
    }
    request::RequestSpec spec =
        testing::request_of(k, tokens, input, config.instance.block_size_tokens, arrival);
    if (draw.one_in(2)) spec.max_output_tokens = output;
    if (draw.one_in(3)) spec.deadline = arrival + Micros(draw.between(100, 150'000));
    spec.tenant = symbols.intern(tenants[draw.between(0, 2)]);
    if (config.lora.is_active()) spec.adapter = symbols.intern(adapters[draw.between(0, 2)]);
    specs.push_back(std::move(spec));
  }
  return specs;
}

/// Laws 1 and 5 of spec control-plane 11 at one moment; "" if they hold.
std::string broken_laws_of_gpus(const Simulation& simulation) {
  const control::Nodes* nodes = simulation.nodes();
  if (nodes == nullptr) return "";
  std::string broken;
  std::map<InstanceId, std::int64_t> owned;
  for (std::size_t node = 0; node < nodes->node_count(); ++node) {
    const std::vector<InstanceId> owners = nodes->owners_on(node);
    if (nodes->state(node) != NodeState::kReady && !owners.empty()) broken += "GPUs of no node; ";
    for (const InstanceId owner : owners) {
      if (owned.contains(owner)) broken += "on two nodes; ";
      owned[owner] = 0;
    }
    const auto gpus = nodes->pools()[nodes->pool_of(node)].gpus_per_node;
    for (std::int64_t gpu = 0; gpu < gpus; ++gpu) {
      const InstanceId owner = nodes->owner(node, static_cast<std::size_t>(gpu));
      if (!owner.is_none()) ++owned[owner];
    }
  }
  for (std::size_t pool = 0; pool < nodes->pools().size(); ++pool) {
    const control::NodePool& p = nodes->pools()[pool];
    if (nodes->nodes_in(pool) > std::max(p.max_nodes, p.initial_nodes))
      broken += "too many nodes; ";
  }
  std::size_t living = 0;
  for (std::size_t i = 0; i < simulation.fleet().size(); ++i) {
    const InstanceId id(i);
    const bool lives = simulation.state_of(id) != InstanceState::kTerminated;
    if (!lives) continue;
    ++living;
    if (owned[id] != simulation.fleet().profile(id).tensor_parallelism) broken += "wrong share; ";
  }
  if (owned.size() != living + simulation.instances_to_restart()) broken += "GPUs of the dead; ";
  return broken;
}

struct Outcome {
  std::string text;        ///< everything observable but the next
  std::string gpu_time;    ///< owned and provisioned; until the run ends, which loads may delay
  std::string broken_law;  ///< "" if all hold
  std::int64_t interrupted = 0;
};

Outcome run(std::uint64_t seed, const Options& options) {
  Draw draw(seed);
  const ClusterConfig config = draw_config(draw, options);
  auto symbols = std::make_shared<SymbolTable>();
  testing::ListSource source;
  source.specs = draw_requests(draw, config, *symbols);
  FollowUps follow_ups;
  NoListener listener;
  Diagnostics diagnostics;
  Simulation simulation(config, symbols, source, &follow_ups, diagnostics);
  Outcome outcome;
  SimulationResult result;
  try {
    simulation.start(listener);
    simulation.close_source();
    for (Micros now; simulation.next_event_time() < Micros::max() && outcome.broken_law.empty();) {
      now = simulation.next_event_time() + Micros(draw.between(1, 3000));
      simulation.run_before(now);
      outcome.broken_law += broken_laws_of_gpus(simulation);
    }
    result = simulation.finish();
  } catch (const Standstill& standstill) {
    outcome.text = standstill.what();
    return outcome;
  }

  const GatewayCounters& g = result.gateway;
  const FailureCounters f = result.failures.value_or(FailureCounters{});
  outcome.interrupted = f.interrupted_requests;
  std::int64_t completed = 0, queued = 0, running = 0, dropped = 0, timed_out = 0;
  for (const InstanceResult& i : result.instances) {
    const engine::InstanceMetrics& m = i.metrics;
    completed += m.completed_requests;
    queued += m.still_queued;
    running += m.still_running;
    dropped += m.dropped_unservable;
    timed_out += m.timed_out_requests;
    outcome.text += fmt::format("{} {} {} {} {} {} {} {}\n", i.name, m.completed_requests,
                                m.total_input_tokens, m.total_output_tokens, m.preemption_count,
                                m.timed_out_requests, m.steps, m.cache_hit_rate);
    for (const auto& [value, n] : m.itl.sorted()) outcome.text += fmt::format("{}x{} ", value, n);
    for (const RequestId id : i.rows) {
      const request::Measurements& m_of = (*result.requests)[id].measured;
      if (m_of.registered &&
          (m_of.instance.is_none() || result.instances[m_of.instance.index()].name != i.name)) {
        outcome.broken_law += "a row at two instances; ";
      }
    }
  }
  for (const RequestId id : result.arrivals) {
    const request::Request& r = (*result.requests)[id];
    const request::Measurements& m = r.measured;
    outcome.text += fmt::format("\n{} {} {} {} {}", id.value(), m.instance.value(), m.ttft.count(),
                                m.e2e.count(), m.itl_sum.count());
    if (r.state == request::RequestState::kQueued && !m.has_itl_mean) continue;
    if (m.has_e2e && (m.ttft < Micros() || m.ttft > m.e2e)) outcome.broken_law += "INV-5; ";
  }
  if (result.disaggregation) {
    const DisaggregationResult& d = *result.disaggregation;
    const std::int64_t in_transfer = d.prefill_completed - d.decode_completed - d.decode_timed_out -
                                     d.dropped_at_decode_kv - d.pending_decode -
                                     d.abandoned_after_prefill;
    completed -= d.prefill_completed;
    dropped += d.dropped_at_decode_kv;
    running += in_transfer;
    if (in_transfer < 0) outcome.broken_law += "negative number in transfer; ";
  }
  outcome.text += fmt::format("\n{} {} {} {} {} {} {} {}", f.gpu_failures, f.node_failures,
                              f.instance_failures, f.instances_evacuated, f.instance_restarts,
                              f.interrupted_requests, f.request_retries, f.lost_requests);

  const auto arrived = std::ssize(result.arrivals);
  const std::int64_t accounted = g.rejected + completed + queued + running + dropped + timed_out +
                                 g.routing_rejections + g.encode_routing_rejections +
                                 g.queue_depth + g.queue_shed + g.queue_rejected + g.evicted +
                                 g.expired + g.lost_in_drain + f.lost_requests;
  const bool may_be_under_way = config.instance.horizon < Micros::max();
  if (accounted > arrived || (!may_be_under_way && accounted != arrived)) {
    outcome.broken_law += fmt::format("{} arrived, {} accounted for; ", arrived, accounted);
  }
  const control::FailureConfig& failures = config.control.failures;
  if (f.lost_requests > f.interrupted_requests ||
      listener.lost != f.lost_requests + g.lost_in_drain ||
      f.request_retries > failures.max_retries * f.interrupted_requests ||
      (failures.max_retries == 0 && f.lost_requests != f.interrupted_requests)) {
    outcome.broken_law += "retries; ";
  }
  const std::int64_t owned_us = result.gpu_usage.owned_gpu_us();
  const std::int64_t provisioned_us = result.gpu_usage.provisioned_gpu_us();
  outcome.gpu_time = fmt::format("{} {}", owned_us, provisioned_us);
  const bool has_machines = !config.control.node_pools.empty();
  if (owned_us < 0 || owned_us > provisioned_us || (!has_machines && owned_us < provisioned_us)) {
    outcome.broken_law += fmt::format("{} of {} GPU µs owned; ", owned_us, provisioned_us);
  }
  for (const auto& [number, ends] : follow_ups.ends) {
    if (ends > 1) outcome.broken_law += fmt::format("request {} ended {} times; ", number, ends);
  }
  return outcome;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(RandomFleet, KeepsItsLawsWithEitherStepperWhateverFails) {
  const std::uint64_t first = from_environment("BLIS_PLATFORM_SEED", 1);
  const std::uint64_t runs = from_environment("BLIS_PLATFORM_RUNS", 300);
  std::int64_t interrupted = 0;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    const Outcome fast = run(seed, {.stepper = engine::StepperKind::kFast});
    ASSERT_EQ(fast.broken_law, "") << "seed " << seed;
    const Outcome plain = run(seed, {.stepper = engine::StepperKind::kPlain});
    ASSERT_EQ(fast.text, plain.text) << "seed " << seed;
    ASSERT_EQ(fast.gpu_time, plain.gpu_time) << "seed " << seed;
    interrupted += fast.interrupted;
  }
  if (runs < 100) return;
  EXPECT_GT(interrupted, static_cast<std::int64_t>(runs)) << "the fleets must fail to be tested";
}

TEST(RandomFleet, IsNotMovedByFailuresThatDoNotHappen) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Outcome without = run(seed, {.fails = false});
    ASSERT_EQ(without.broken_law, "") << "seed " << seed;
    const Outcome in_theory = run(seed, {.fails = false, .fails_only_in_theory = true});
    ASSERT_EQ(without.text, in_theory.text) << "seed " << seed;
  }
}

}  // namespace
}  // namespace blis::cluster
