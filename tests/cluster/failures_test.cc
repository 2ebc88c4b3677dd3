// What a failure does to instances, their GPUs and their requests. The first failure of a kind is
// known: it is the first draw of that kind's stream.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/fleet_test.h"

namespace blis::cluster {
namespace {

using control::InstanceState;
using ::testing::ElementsAre;

class Losses final : public LiveListener {
 public:
  std::vector<RequestId> lost;
  void on_arrival(RequestId) override {}
  void on_step(InstanceId) override {}
  void on_end(RequestId, request::TerminalOutcome, Micros) override {}
  void on_loss(RequestId request, Loss loss, Micros) override {
    if (loss == Loss::kInstanceLost) lost.push_back(request);
  }
};

class Sessions final : public request::SessionListener {
 public:
  std::vector<request::TerminalOutcome> outcomes;
  std::optional<request::RequestSpec> on_terminal(const request::RequestSpec&,
                                                  request::TerminalOutcome outcome, std::int64_t,
                                                  Micros) override {
    outcomes.push_back(outcome);
    return std::nullopt;
  }
};

class Failures : public testing::FleetTest {
 protected:
  Failures() {
    config_.control.failures.max_retries = 3;
    // Something can fail, so that failures are counted; it never does within a test.
    config_.control.failures.instance.mtbf_s = 1e9;
  }
  void add_nodes(std::int64_t gpus, std::int64_t nodes) {
    add_pool("a", "H100", gpus, nodes).max_nodes = nodes;
  }
  /// Starts the simulation; requests must be in the source by now.
  Simulation& start() {
    simulation_ =
        std::make_unique<Simulation>(config_, symbols_, source_, &sessions_, diagnostics_);
    simulation_->start(losses_);
    simulation_->close_source();
    return *simulation_;
  }
  void finish() {
    simulation_->run_before(Micros::max());
    result_ = simulation_->finish();
  }
  /// When the first of so many components that came into service at time 0 fails.
  Micros first_failure(const control::FailureClock& clock, std::string_view stream,
                       int components = 1) const {
    control::FailureTimes times(clock, config_.seed, stream);
    Micros first = Micros::max();
    for (int i = 0; i < components; ++i) first = std::min(first, times.next_failure());
    return first;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < simulation_->fleet().size(); ++i) {
      names.push_back(simulation_->fleet().profile(InstanceId(i)).name);
    }
    return names;
  }
  std::int64_t completed() const {
    return FleetTest::completed() -
           (result_.disaggregation ? result_.disaggregation->prefill_completed : 0);
  }
  const request::Measurements& measured(std::size_t request) const {
    return (*result_.requests)[RequestId(request)].measured;
  }

  static constexpr InstanceId kFirst{std::uint32_t{0}};
  static constexpr InstanceId kSecond{std::uint32_t{1}};

  Sessions sessions_;
  Losses losses_;
  std::unique_ptr<Simulation> simulation_;
};

// ------------------------------------------------------------------------------------------------
// requests

TEST_F(Failures, RequestsStartOverElsewhereWithAllTheirWork) {
  config_.num_instances = 2;
  source_.add(16, 10);  // runs on the first instance from 0 to 10 ms
  start().run_before(Micros(5'500));
  simulation_->drop_instance(kFirst);
  finish();
  EXPECT_EQ(completed(), 1);
  EXPECT_EQ(result_.failures->interrupted_requests, 1);
  EXPECT_EQ(result_.failures->request_retries, 1);
  EXPECT_EQ(result_.failures->lost_requests, 0);
  EXPECT_EQ(measured(0).instance, kSecond);
  // The failure is seen at the last event before it, the step at 5 ms; then the prompt and all ten
  // tokens are computed again.
  EXPECT_EQ(measured(0).ttft, Micros(6'000));
  EXPECT_EQ(measured(0).itl_count, 9);
  EXPECT_TRUE(result_.instances[0].rows.empty()) << "it has a row where it was served";
  EXPECT_EQ(result_.instances[1].rows.size(), 1u);
}

TEST_F(Failures, WhoRunsWaitsOrIsOnTheWayIsInterrupted) {
  config_.num_instances = 2;
  config_.gateway.routing.policy = "round-robin";
  config_.latency = std::make_shared<testing::FixedLatency>(1000, 2000, 0, 0);  // 2 ms on the way
  config_.instance.max_num_seqs = 1;
  for (int i = 0; i < 8; ++i) source_.add(16, 10, Micros(i < 6 ? 0 : 4'500));
  start().run_before(Micros(5'000));
  ASSERT_EQ(simulation_->fleet()[kFirst].batch_size(), 1);
  ASSERT_EQ(simulation_->fleet()[kFirst].queue_depth(), 2);
  simulation_->drop_instance(kFirst);
  EXPECT_EQ(simulation_->fleet()[kFirst].kv().used_blocks(), 0);
  EXPECT_EQ(simulation_->fleet()[kFirst].next_event_time(), Micros::max());
  finish();
  EXPECT_EQ(result_.failures->interrupted_requests, 4);
  EXPECT_EQ(completed(), 8);
}

TEST_F(Failures, RequestsWithoutARetryLeftAreLost) {
  config_.num_instances = 3;
  config_.control.failures.max_retries = 1;
  source_.add(16, 50).session = symbols_->intern("s");
  start().run_before(Micros(5'500));
  simulation_->drop_instance(kFirst);
  simulation_->run_before(Micros(9'500));
  simulation_->drop_instance(
      (*simulation_).requests()[RequestId(std::size_t{0})].measured.instance);
  finish();
  EXPECT_EQ(completed(), 0);
  EXPECT_EQ(result_.failures->interrupted_requests, 2);
  EXPECT_EQ(result_.failures->request_retries, 1);
  EXPECT_EQ(result_.failures->lost_requests, 1);
  EXPECT_EQ(losses_.lost.size(), 1u);
  EXPECT_THAT(sessions_.outcomes, ElementsAre(request::TerminalOutcome::kDropped))
      << "whoever waits for the answer must hear that there is none";
  EXPECT_FALSE(measured(0).has_ttft) << "a lost request counts in no latency";
}

TEST_F(Failures, ARetryThatFindsNobodyIsATry) {
  config_.control.failures.retry_delay = Micros(1'000);
  config_.control.failures.max_retries = 4;
  source_.add(16, 10);
  start().run_before(Micros(500));
  simulation_->drop_instance(kFirst);
  finish();
  EXPECT_EQ(result_.failures->request_retries, 4);
  EXPECT_EQ(result_.failures->lost_requests, 1);
  EXPECT_EQ(result_.gateway.routing_rejections, 0) << "it ends once";
}

TEST_F(Failures, OnlyWhoWasInterruptedTriesAgain) {
  source_.add(16, 10);
  source_.add(16, 10, Micros(1'000));
  start().run_before(Micros(500));
  simulation_->drop_instance(kFirst);
  finish();
  EXPECT_EQ(result_.failures->lost_requests, 1);
  EXPECT_EQ(result_.gateway.routing_rejections, 1);
}

// ------------------------------------------------------------------------------------------------
// requests that live on two instances

class FailuresWithPools : public Failures {
 protected:
  FailuresWithPools() {
    config_.num_instances = 4;
    config_.disaggregation.pools = {.prefill = 2, .decode = 2};
    config_.disaggregation.decider = "always";
    // 32 tokens take 2 blocks: 20 ms on the way.
    config_.disaggregation.transfer = {.bandwidth_gb_per_s = 25,
                                       .base_latency_ms = 20,
                                       .contention = true,
                                       .kv_bytes_per_token = 1,
                                       .block_size_tokens = 16};
    auto latency = std::make_shared<testing::FixedLatency>();
    latency->queueing_us = 500;
    config_.latency = latency;
    source_.add(32, 10);
  }
  /// Drops an instance at `at`; the request must be served by others, and leave nothing behind.
  void drop_at(Micros at, InstanceId instance, std::int64_t interruptions) {
    start().run_before(at);
    simulation_->drop_instance(instance);
    finish();
    EXPECT_EQ(result_.failures->interrupted_requests, interruptions);
    EXPECT_EQ(completed(), 1);
    EXPECT_EQ(result_.disaggregation->decode_completed, 1);
    EXPECT_EQ(result_.disaggregation->pending_decode, 0);
    EXPECT_EQ(result_.disaggregation->parents.size(), 1u) << "abandoned splits are not reported";
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(simulation_->fleet()[InstanceId(i)].kv().used_blocks(), 0) << i;
      EXPECT_TRUE(simulation_->fleet()[InstanceId(i)].is_idle()) << i;
    }
    EXPECT_TRUE(measured(0).has_e2e);
  }
  // The policy's turn goes on from the decode instance to the prefill instance.
  static constexpr InstanceId kPrefill{std::uint32_t{1}};
  static constexpr InstanceId kDecode{std::uint32_t{2}};
};

TEST_F(FailuresWithPools, APrefillInstanceThatDiesTakesThePromptAlong) {
  drop_at(Micros(300), kPrefill, 1);  // the half is on its way to the queue
}

TEST_F(FailuresWithPools, ADecodeInstanceThatDiesCallsThePrefillOff) {
  drop_at(Micros(300), kDecode, 1);
  EXPECT_EQ(result_.disaggregation->prefill_completed, 1) << "the first one never ran";
}

TEST_F(FailuresWithPools, ATransferBreaksWithItsSource) {
  drop_at(Micros(10'000), kPrefill, 1);
  EXPECT_EQ(result_.disaggregation->prefill_completed, 2);
  EXPECT_EQ(result_.disaggregation->abandoned_after_prefill, 1);
  EXPECT_EQ(result_.disaggregation->contention->peak_concurrent_transfers, 1)
      << "the broken transfer does not slow the next one down";
}

TEST_F(FailuresWithPools, ATransferBreaksWithItsDestination) {
  drop_at(Micros(10'000), kDecode, 1);
  EXPECT_EQ(result_.disaggregation->abandoned_after_prefill, 1);
}

// The only prefill instance is gone, so the split request is held at the gateway; then its decode
// instance dies, too. Whoever was held must not be routed or turned away beside its second life.
TEST_F(FailuresWithPools, AHeldPrefillIsForgottenWhenItsRequestStartsOver) {
  config_.num_instances = 3;
  config_.disaggregation.pools = {.prefill = 1, .decode = 2};
  config_.control.empty_fleet_hold = Micros(50'000);
  start().run_before(Micros(0));
  simulation_->drop_instance(kFirst);
  simulation_->run_before(Micros(10'000));
  ASSERT_EQ(simulation_->gateway_queue_size(), 1);
  simulation_->drop_instance(kSecond);
  EXPECT_EQ(simulation_->gateway_queue_size(), 0);
  simulation_->run_before(Micros(20'000));
  EXPECT_EQ(simulation_->gateway_queue_size(), 1) << "it waits for a prefill instance again";
  finish();
  EXPECT_EQ(result_.failures->interrupted_requests, 1);
  EXPECT_EQ(result_.failures->lost_requests, 1);
  EXPECT_EQ(result_.gateway.routing_rejections, 0) << "it ends once";
}

TEST_F(FailuresWithPools, AfterTheTransferThePrefillInstanceDoesNotMatter) {
  drop_at(Micros(23'000), kPrefill, 0);
}

TEST_F(FailuresWithPools, ADecodeInstanceThatDiesTakesTheAnswerAlong) {
  drop_at(Micros(23'000), kDecode, 1);
  EXPECT_EQ(result_.disaggregation->prefill_completed, 2);
}

// ------------------------------------------------------------------------------------------------
// instances, nodes and GPUs

TEST_F(Failures, AnInstanceComesBackOnItsGpusAndLoads) {
  add_nodes(2, 1);
  config_.tensor_parallel = 2;
  config_.control.warm_start_initial_instances = true;
  config_.control.loading_delay.mean_s = 0.25;
  config_.control.failures.instance = {.mtbf_s = 1, .mttr_s = 0};
  const Micros failure = first_failure(config_.control.failures.instance, "failures-instance");
  source_.add(16, 3);
  source_.add(16, 3, failure + Micros(300'000));
  start().run_before(failure + Micros(2));
  EXPECT_THAT(names(), ElementsAre("instance_0", "instance_0-restart-1"));
  EXPECT_EQ(simulation_->state_of(kFirst), InstanceState::kTerminated);
  EXPECT_EQ(simulation_->state_of(kSecond), InstanceState::kLoading);
  EXPECT_THAT(simulation_->nodes()->owners_on(0), ElementsAre(kSecond));
  simulation_->run_before(failure + Micros(250'002));
  EXPECT_EQ(simulation_->state_of(kSecond), InstanceState::kActive);
}

TEST_F(Failures, WithoutMachinesAnInstanceComesBack) {
  config_.control.failures.instance = {.mtbf_s = 0.005, .mttr_s = 0};
  config_.control.failures.max_retries = 1000;
  config_.control.failures.retry_delay = Micros(100);
  for (int i = 0; i < 20; ++i) source_.add(16, 3, Micros(2'000 * i + 10));
  start();
  finish();
  EXPECT_GT(result_.failures->instance_restarts, 2);
  EXPECT_EQ(completed() + result_.gateway.routing_rejections + result_.failures->lost_requests, 20);
  EXPECT_LT(result_.clock, Micros(1'000'000)) << "nobody waits for failures when all is done";
  EXPECT_EQ(result_.gpu_usage.owned_gpu_us(), result_.clock.count())
      << "it keeps its GPU meanwhile";
  EXPECT_EQ(result_.gpu_usage.provisioned_gpu_us(), result_.clock.count());
}

TEST_F(Failures, ANodeTakesItsInstancesAlong) {
  add_nodes(2, 2);
  config_.num_instances = 3;
  config_.control.failures.node = {.mtbf_s = 1, .mttr_s = 1000};
  // Two nodes, two draws: whichever fails first, one of its instances fits on the other node.
  const Micros failure = first_failure(config_.control.failures.node, "failures-node", 2);
  source_.add(16, 3, failure + Micros(1'000));
  start().run_before(failure + Micros(1));
  const control::Nodes& nodes = *simulation_->nodes();
  const std::size_t down = nodes.state(0) == control::NodeState::kDown ? 0 : 1;
  EXPECT_EQ(nodes.state(down), control::NodeState::kDown);
  EXPECT_TRUE(nodes.is_empty(down));
  EXPECT_EQ(nodes.free_gpus(1 - down), 0);
  finish();
  EXPECT_EQ(completed(), 1);
  EXPECT_EQ(result_.placement->instances_waiting, 1);
}

TEST_F(Failures, ABrokenGpuIsNotUsed) {
  add_nodes(3, 1);
  config_.control.failures.gpu = {.mtbf_s = 1, .mttr_s = 1000};
  // Three GPUs, three draws; the instance sits on the first GPU.
  const Micros failure = first_failure(config_.control.failures.gpu, "failures-gpu", 3);
  source_.add(16, 3, failure + Micros(1'000));
  start().run_before(failure + Micros(1));
  EXPECT_EQ(simulation_->nodes()->free_gpus(0), 1);
  finish();
  EXPECT_EQ(completed(), 1);
  EXPECT_EQ(result_.failures->gpu_failures, 1);
}

TEST_F(Failures, AreNotCountedWhereNothingCanFail) {
  config_.control.failures = {};
  source_.add(16, 3);
  start();
  finish();
  EXPECT_FALSE(result_.failures);
  EXPECT_FALSE(result_.placement);
}

}  // namespace
}  // namespace blis::cluster
