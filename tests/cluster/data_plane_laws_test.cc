// Laws of spec data-plane 20 that take a whole platform to show, on random deployments under random
// traffic. L1, L2 at the end of a run and L5 are with RandomPlatform, what one policy promises is
// in tests/gateway.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/simulation.h"
#include "cluster/standstill.h"
#include "kv/single_tier_cache.h"
#include "testing/list_source.h"
#include "testing/random_platform.h"
#include "testing/run_text.h"

namespace blis::cluster {
namespace {

using testing::draw_platform;
using testing::RandomPlatform;

constexpr std::uint64_t kPlatforms = 120;

/// What a run measured and what was told to its user.
struct Ran {
  SimulationResult result;
  std::string text;
};

Ran run(const RandomPlatform& platform) {
  testing::ListSource source;
  source.specs = platform.specs;
  testing::FollowUps follow_ups(platform.follow_ups);
  Diagnostics diagnostics;
  Simulation simulation(platform.config, platform.symbols, source, &follow_ups, diagnostics);
  Ran ran;
  try {
    ran.result = simulation.run();
    ran.text = testing::text_of(ran.result);
  } catch (const Standstill& standstill) {
    ran.text = standstill.what();
  }
  return ran;
}

/// A platform without pools, lower tiers and autoscaler whose requests name no model.
RandomPlatform draw_plain_platform(std::uint64_t seed) {
  RandomPlatform platform = draw_platform(seed);
  platform.config.disaggregation = {};
  platform.config.kv = {};
  platform.config.control = {};
  platform.config.prefill_pool.reset();
  platform.config.decode_pool.reset();
  platform.config.gateway.routing.prefill_scorers.clear();
  platform.config.gateway.routing.decode_scorers.clear();
  for (request::RequestSpec& spec : platform.specs) spec.model = SymbolTable::empty();
  return platform;
}

std::int64_t sum(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t total = 0;
  for (const auto& [key, count] : counts) total += count;
  return total;
}

class Nobody final : public LiveListener {
 public:
  void on_arrival(RequestId) override {}
  void on_step(InstanceId) override {}
  void on_end(RequestId, request::TerminalOutcome, Micros) override {}
  void on_loss(RequestId, Loss, Micros) override {}
};

TEST(DataPlaneLaws, L2AndL4HoldAfterEveryInstant) {
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    const RandomPlatform platform = draw_platform(seed);
    testing::ListSource source;
    source.specs = platform.specs;
    testing::FollowUps follow_ups(platform.follow_ups);
    Diagnostics diagnostics;
    Simulation simulation(platform.config, platform.symbols, source, &follow_ups, diagnostics);
    Nobody nobody;
    simulation.start(nobody);
    simulation.close_source();
    std::map<std::string, std::int64_t> shed_before;
    try {
      for (;;) {
        const Micros next = simulation.next_event_time();
        if (next == Micros::max()) break;
        const Micros before = simulation.clock();
        simulation.run_before(next + Micros(1));
        // With pools a deadline during a transfer turns the clock back [BUG, spec disaggregation].
        if (!platform.config.disaggregation.pools.are_active()) {
          ASSERT_GE(simulation.clock(), before) << "L4, seed " << seed;
          for (std::size_t i = 0; i < simulation.fleet().size(); ++i) {
            ASSERT_GE(next, simulation.fleet()[InstanceId(i)].clock()) << "L4, seed " << seed;
          }
        }
        const GatewayCounters now = simulation.gateway_counters();
        ASSERT_EQ(sum(now.shed_by_class), now.rejected + now.queue_shed + now.evicted + now.expired)
            << "L2, seed " << seed;
        for (const auto& [slo_class, count] : shed_before) {
          ASSERT_GE(now.shed_by_class.at(slo_class), count) << "L2, seed " << seed;
        }
        shed_before = now.shed_by_class;
      }
    } catch (const Standstill&) {
    }
  }
}

TEST(DataPlaneLaws, L5GatewayTimesFollowArrivalInOrder) {
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    RandomPlatform platform = draw_platform(seed);
    platform.config.gateway.flow_control.enabled = true;
    platform.config.instance.horizon =
        std::min(platform.config.instance.horizon, Micros(3'000'000));
    const Ran r = run(platform);
    if (r.result.requests == nullptr) continue;
    Micros last_arrival;
    for (const RequestId id : r.result.arrivals) {
      const request::Request& request = (*r.result.requests)[id];
      const request::Measurements& m = request.measured;
      ASSERT_GE(request.spec.arrival, last_arrival) << "seed " << seed;
      last_arrival = request.spec.arrival;
      if (m.gateway_enqueue > Micros()) {
        ASSERT_GE(m.gateway_enqueue, request.spec.arrival) << "seed " << seed;
      }
      if (m.gateway_dispatch > Micros()) {
        ASSERT_GE(m.gateway_dispatch, m.gateway_enqueue) << "seed " << seed;
      }
      if (m.has_scheduling_delay && m.gateway_dispatch > Micros() &&
          request.spec.name.part == request::RequestPart::kWhole && !r.result.disaggregation) {
        ASSERT_GE(request.spec.arrival + m.scheduling_delay, m.gateway_dispatch) << "seed " << seed;
      }
    }
  }
}

TEST(DataPlaneLaws, L6AndL20NeitherRepetitionNorTheTraceChangesAnything) {
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    RandomPlatform platform = draw_platform(seed);
    platform.config.gateway.trace = {};
    const std::string untraced = run(platform).text;
    ASSERT_EQ(run(platform).text, untraced) << "L6, seed " << seed;
    for (const std::int64_t k : {0, 1, 100}) {
      platform.config.gateway.trace = {.enabled = true, .counterfactual_k = k};
      ASSERT_EQ(run(platform).text, untraced) << "L20, seed " << seed << ", k " << k;
    }
  }
}

TEST(DataPlaneLaws, L7AQueueThatNeverHoldsBackChangesNothingButGatewayTimes) {
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    RandomPlatform platform = draw_plain_platform(seed);
    gateway::GatewayConfig& gateway = platform.config.gateway;
    gateway.admission.policy = "always-admit";
    gateway.flow_control.enabled = false;
    const std::string direct = run(platform).text;
    gateway.flow_control.enabled = true;
    gateway.flow_control.saturation.detector = "never";
    gateway.flow_control.max_queue_depth = 0;
    gateway.flow_control.per_band_capacity = 0;
    SimulationResult queued = run(platform).result;
    if (queued.requests == nullptr) continue;
    auto requests = std::make_shared<request::RequestTable>();
    for (std::size_t i = 0; i < queued.requests->size(); ++i) {
      (*requests)[requests->add({})] = (*queued.requests)[RequestId(i)];
      (*requests)[RequestId(i)].measured.gateway_enqueue = Micros();
      (*requests)[RequestId(i)].measured.gateway_dispatch = Micros();
    }
    queued.requests = requests;
    ASSERT_EQ(testing::text_of(queued), direct) << "seed " << seed;
  }
}

// A last request, long after everybody else, finds nothing in flight anywhere: its script fails if
// it does.
TEST(DataPlaneLaws, L8NothingIsInFlightWhenEverythingHasEnded) {
  std::int64_t witnesses = 0;
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    RandomPlatform platform = draw_plain_platform(seed);
    ClusterConfig& config = platform.config;
    config.instance.horizon = Micros(1'000'000'000'000);
    config.gateway.routing.policy = "script";
    config.gateway.flow_control.saturation.detector = "never";
    config.gateway.script = script::make_policy_script(
        "witness.lua",
        "function score(r, i)\n"
        "  if r.tenant == 'witness' and i.in_flight_requests > 0 then error('in flight') end\n"
        "  return -i.effective_load\n"
        "end\n"
        "function admit(r, c) return r.input_tokens % 5 > 0 end\n"
        "function priority(r, i) return 0 end",
        config.seed);
    config.instance.script = config.gateway.script;
    request::RequestSpec& witness = platform.specs.emplace_back(
        testing::request_of(999'999, std::vector<std::int32_t>(12, 7), 11,
                            config.instance.block_size_tokens, Micros(900'000'000'000)));
    witness.tenant = platform.symbols->intern("witness");
    witness.slo_class = platform.symbols->intern("critical");
    const Ran r = run(platform);  // throws if the law is broken
    if (r.result.requests == nullptr) continue;
    for (std::size_t i = 0; i < r.result.requests->size(); ++i) {
      const request::Request& request = (*r.result.requests)[RequestId(i)];
      witnesses += request.spec.name.number == 999'999 && request.measured.registered ? 1 : 0;
    }
  }
  EXPECT_GT(witnesses, static_cast<std::int64_t>(kPlatforms) / 3);
}

TEST(DataPlaneLaws, L14RegretIsNeverNegativeAndZeroWhereTheBestIsChosen) {
  bool has_regretted = false;
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    RandomPlatform platform = draw_plain_platform(seed);
    gateway::GatewayConfig& gateway = platform.config.gateway;
    gateway.trace = {.enabled = true, .counterfactual_k = 2};
    for (const gateway::RoutingPolicyEntry& policy : gateway::routing_policy_entries()) {
      gateway.routing.policy = std::string(policy.name);
      const Ran r = run(platform);
      if (r.result.requests == nullptr) continue;
      ASSERT_TRUE(r.result.trace_summary);
      const gateway::TraceSummary& summary = *r.result.trace_summary;
      ASSERT_GE(summary.mean_regret, 0) << policy.name << ", seed " << seed;
      ASSERT_GE(summary.max_regret, summary.mean_regret) << policy.name << ", seed " << seed;
      if (policy.name == "weighted" || policy.name == "least-loaded" || policy.name == "script") {
        ASSERT_EQ(summary.max_regret, 0) << policy.name << ", seed " << seed;
      }
      has_regretted = has_regretted || summary.max_regret > 0;
    }
  }
  EXPECT_TRUE(has_regretted);
}

/// The engine alone, fed with the same arrivals.
class EngineAlone final : private engine::InstanceListener {
 public:
  explicit EngineAlone(const RandomPlatform& platform)
      : instance_(InstanceId(std::uint32_t{0}), platform.config.instance, *platform.config.latency,
                  std::make_unique<kv::SingleTierCache>(platform.config.instance.total_kv_blocks,
                                                        platform.config.instance.block_size_tokens),
                  platform.config.slo_priorities, requests_, *platform.symbols, *this) {
    for (const request::RequestSpec& spec : platform.specs) {
      instance_.inject(requests_.add(spec), spec.arrival);
    }
    while (instance_.next_event_time() < Micros::max()) {
      instance_.process_next_event();
      if (instance_.steps_repeat_for_ever()) return;
    }
    has_ended_ = true;
    instance_.finalize();
  }
  bool has_ended() const { return has_ended_; }
  const engine::InstanceMetrics& metrics() const { return instance_.metrics(); }
  const request::RequestTable& requests() const { return requests_; }

 private:
  void on_terminal(RequestId id, request::TerminalOutcome, Micros) override {
    requests_[id].spec.keys.reset();
  }
  request::RequestTable requests_;
  engine::Instance instance_;
  bool has_ended_ = false;
};

TEST(DataPlaneLaws, L18AClusterOfOneIsTheEngineAlone) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < kPlatforms; ++seed) {
    RandomPlatform platform = draw_plain_platform(seed);
    ClusterConfig& config = platform.config;
    config.num_instances = 1;
    config.lora = {};
    config.instance.horizon = Micros::max();
    config.instance.scheduler = "fcfs";
    config.gateway.admission = {};
    config.gateway.admission_latency = Micros();
    config.gateway.routing_latency = Micros();
    config.gateway.flow_control.enabled = false;
    platform.follow_ups = 0;
    for (request::RequestSpec& spec : platform.specs) spec.adapter = SymbolTable::empty();
    const Ran cluster = run(platform);
    if (cluster.result.requests == nullptr) continue;
    const EngineAlone alone(platform);
    ASSERT_TRUE(alone.has_ended()) << "seed " << seed;
    const engine::InstanceMetrics& a = alone.metrics();
    const engine::InstanceMetrics& c = cluster.result.instances.at(0).metrics;
    ASSERT_EQ(a.completed_requests, c.completed_requests) << "seed " << seed;
    ASSERT_EQ(a.preemption_count, c.preemption_count) << "seed " << seed;
    ASSERT_EQ(a.steps, c.steps) << "seed " << seed;
    ASSERT_EQ(a.sim_ended, c.sim_ended) << "seed " << seed;
    ASSERT_EQ(a.itl.sorted(), c.itl.sorted()) << "seed " << seed;
    for (std::size_t i = 0; i < platform.specs.size(); ++i) {
      const request::Measurements& x = alone.requests()[RequestId(i)].measured;
      const request::Measurements& y = (*cluster.result.requests)[RequestId(i)].measured;
      ASSERT_EQ(x.ttft, y.ttft) << "seed " << seed << ", request " << i;
      ASSERT_EQ(x.e2e, y.e2e) << "seed " << seed << ", request " << i;
      ASSERT_EQ(x.scheduling_delay, y.scheduling_delay) << "seed " << seed << ", request " << i;
    }
    ++compared;
  }
  EXPECT_GT(compared, static_cast<int>(kPlatforms) / 2);
}

}  // namespace
}  // namespace blis::cluster
