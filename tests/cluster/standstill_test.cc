// Runs that would never end are given up, with a message that names who is stuck; no other run is.

#include "cluster/standstill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "cluster/simulation.h"
#include "testing/fixed_latency.h"
#include "testing/list_source.h"

namespace blis::cluster {
namespace {

using ::testing::HasSubstr;

/// One instance with four blocks of 16 tokens and no limit on lengths.
class Standstills : public ::testing::Test {
 protected:
  Standstills() {
    config.latency = std::make_shared<testing::FixedLatency>();
    config.instance.total_kv_blocks = 4;
    config.instance.block_size_tokens = 16;
  }
  request::RequestSpec& add(std::int64_t input, std::int64_t output, std::int64_t arrival_us = 0) {
    return source.add(input, output, Micros(arrival_us));
  }
  /// Two requests with adapter `a` of which the cache holds one: it takes its time, the other one
  /// is preempted, keeps the only slot, and then stands behind a shorter one that needs `b`.
  void add_adapter_deadlock() {
    config.instance.scheduler = "sjf";
    config.lora = {.adapter_capacity = 1,
                   .load_base_latency_us = 1000,
                   .load_bandwidth_bytes_per_us = 2e6,
                   .footprint_bytes_per_rank = 2e6,
                   .step_overhead_tiers = {},
                   .adapters = {{"a", 8, ""}, {"b", 8, ""}}};
    add(32, 5).adapter = symbols->intern("a");
    add(32, 5).adapter = symbols->intern("a");
    add(16, 1, 3500).adapter = symbols->intern("b");
  }
  SimulationResult run() { return Simulation(config, symbols, source, nullptr, diagnostics).run(); }
  /// What the run says when it is given up; "" if it ends.
  std::string complaint() {
    try {
      run();
    } catch (const Standstill& error) {
      return error.what();
    }
    return "";
  }

  ClusterConfig config;
  std::shared_ptr<SymbolTable> symbols = std::make_shared<SymbolTable>();
  testing::ListSource source;
  Diagnostics diagnostics;
};

TEST_F(Standstills, RequestThatOutgrowsTheCacheIsNamed) {
  add(17, 60);
  const std::string text = complaint();
  EXPECT_THAT(text, HasSubstr("request_0 (17 + 60 tokens)"));
  EXPECT_THAT(text, HasSubstr("request_0 needs more than the 4 KV blocks"));
}

TEST_F(Standstills, RequestThatJustFitsIsServed) {
  add(17, 48);  // 64 tokens with the last one left out
  EXPECT_EQ(run().instances[0].metrics.completed_requests, 1);
}

TEST_F(Standstills, LimitOnTheLengthPreventsIt) {
  config.instance.max_model_len_tokens = 64;
  add(17, 60);
  EXPECT_EQ(run().instances[0].metrics.length_capped_requests, 1);
}

TEST_F(Standstills, HorizonEndsTheRunAsAlways) {
  config.instance.horizon = Micros(100'000'000);
  add(17, 60);
  EXPECT_EQ(complaint(), "");
}

TEST_F(Standstills, DeadlineEndsTheRunAsAlways) {
  add(17, 60).deadline = Micros(100'000'000);
  EXPECT_EQ(run().instances[0].metrics.timed_out_requests, 1);
}

TEST_F(Standstills, LaterArrivalsAreServedFirst) {
  add(17, 60);
  add(16, 1, 90'000'000);
  EXPECT_THAT(complaint(), HasSubstr("up to 1"));  // some time after the arrival, at 90 s
}

TEST_F(Standstills, AdaptersHeldByWaitingRequestsAreNoticed) {
  add_adapter_deadlock();
  const std::string text = complaint();
  EXPECT_THAT(text, HasSubstr("running: none"));
  EXPECT_THAT(
      text,
      HasSubstr("request_2 (16 + 1 tokens, adapter b), request_1 (32 + 5 tokens, adapter a)"));
}

// A takes three of the four blocks with its first chunk. B reloads its first block, finds no room
// for the rest, and keeps what it has although it still waits [BUG of the reference, spec kv-cache
// W3]. A finds no fourth block, is preempted, and never gets four again.
void add_blocks_held_by_a_waiting_request(testing::ListSource& source) {
  const auto add = [&source](std::vector<std::int32_t> tokens, std::int64_t arrival_us) {
    tokens.push_back(-1);  // the answer
    source.specs.push_back(testing::request_of(std::ssize(source.specs), tokens,
                                               std::ssize(tokens) - 1, 16, Micros(arrival_us)));
  };
  const auto run_of = [](std::int32_t first, std::size_t count) {
    std::vector<std::int32_t> tokens(count);
    std::iota(tokens.begin(), tokens.end(), first);
    return tokens;
  };
  add(run_of(0, 16), 0);          // brings B's first block to host memory
  add(run_of(1000, 64), 10'000);  // and drives it from the GPU
  add(run_of(2000, 64), 20'000);  // A
  add(run_of(0, 48), 20'000);     // B
}

enum class Tiers { kCpu, kChain, kChainWithStorage };

kv::OffloadConfig chain_of(std::int64_t cpu_blocks) {
  kv::OffloadConfig chain;
  chain.cpu_bytes_to_use = cpu_blocks;
  chain.per_block_bytes = 1;
  chain.block_size = 16;
  return chain;
}

TEST_F(Standstills, BlocksHeldByWaitingRequestsAreNoticed) {
  config.instance.long_prefill_token_threshold = 48;
  for (const bool is_offload : {false, true}) {
    for (const engine::StepperKind stepper :
         {engine::StepperKind::kFast, engine::StepperKind::kPlain}) {
      config.instance.stepper = stepper;
      config.kv = {};
      if (is_offload) {
        kv::OffloadConfig& offload = config.kv.offload.emplace();
        offload.cpu_bytes_to_use = 100;
        offload.per_block_bytes = 1;
        offload.block_size = 16;
      } else {
        config.kv.cpu_tier.cpu_blocks = 100;
      }
      source = {};
      config.max_idle_steps = 700;
      add_blocks_held_by_a_waiting_request(source);
      const std::string text = complaint();
      EXPECT_THAT(text, HasSubstr("has made 700 steps"));
      EXPECT_THAT(text, HasSubstr("running: none")) << is_offload;
      EXPECT_THAT(text, HasSubstr("waiting: request_2 (64 + 1 tokens), request_3 (48 + 1 tokens)"));
    }
  }
}

// Without a limit the run is given up once it is certain that the reference would go on for ever:
// nobody runs, no tier has given or taken anything for a step, and no transfer is under way.
TEST_F(Standstills, BlocksHeldByWaitingRequestsAreProvenToBeHeldForEver) {
  config.instance.long_prefill_token_threshold = 48;
  kv::SecondaryTierConfig disk;
  disk.device = {.read_bandwidth = 1, .write_bandwidth = 1, .base_latency = 100};
  for (const Tiers tiers : {Tiers::kCpu, Tiers::kChain, Tiers::kChainWithStorage}) {
    for (const engine::StepperKind stepper :
         {engine::StepperKind::kFast, engine::StepperKind::kPlain}) {
      SCOPED_TRACE(static_cast<int>(tiers));
      config.instance.stepper = stepper;
      config.kv = {};
      if (tiers == Tiers::kCpu) {
        config.kv.cpu_tier.cpu_blocks = 100;
      } else {
        config.kv.offload = chain_of(100);
        if (tiers == Tiers::kChainWithStorage) config.kv.offload->secondary_tiers = {disk};
      }
      source = {};
      add_blocks_held_by_a_waiting_request(source);
      const std::string text = complaint();
      EXPECT_THAT(text, HasSubstr("instance_0 has made 65536 steps"));
      EXPECT_THAT(text, HasSubstr("running: none"));
      EXPECT_THAT(text, HasSubstr("waiting: request_2 (64 + 1 tokens), request_3 (48 + 1 tokens)"));
      // With a horizon the reference ends, and so does this.
      config.instance.horizon = Micros(100'000'000);
      source = {};
      add_blocks_held_by_a_waiting_request(source);
      EXPECT_EQ(complaint(), "");
      config.instance.horizon = Micros::max();
    }
  }
}

TEST_F(Standstills, RequestThatOutgrowsTheCacheIsNamedOverLowerTiersToo) {
  for (const bool is_chain : {false, true}) {
    config.kv = {};
    if (is_chain) {
      config.kv.offload = chain_of(100);
    } else {
      config.kv.cpu_tier.cpu_blocks = 100;
    }
    source = {};
    add(17, 60);
    EXPECT_THAT(complaint(), HasSubstr("request_0 needs more than the 4 KV blocks")) << is_chain;
  }
}

TEST_F(Standstills, HitsThatSavePrefillHoldNothingWhileTheyWait) {
  config.instance.long_prefill_token_threshold = 48;
  config.kv.cpu_tier.cpu_blocks = 100;
  config.kv.tier_hits_save_prefill = true;
  add_blocks_held_by_a_waiting_request(source);
  EXPECT_EQ(run().instances[0].metrics.completed_requests, 4);
}

// Nobody runs and nothing happens for many steps of one tick each, until the read is done.
TEST_F(Standstills, SlowStorageIsNoStandstill) {
  auto latency = std::make_shared<testing::FixedLatency>();
  latency->step_us = 1;
  config.latency = latency;
  kv::SecondaryTierConfig disk;
  disk.device = {.read_bandwidth = 1, .write_bandwidth = 1, .base_latency = 300'000};
  config.kv.offload = chain_of(4);
  config.kv.offload->secondary_tiers = {disk};
  source.add(16, 1, Micros(0));
  source.add(64, 1, Micros(1'000'000));  // drives the first from GPU and host memory
  source.specs.push_back(source.specs[0]);
  source.specs.back().name.number = 2;
  source.specs.back().arrival = Micros(2'000'000);
  const SimulationResult result = run();
  EXPECT_EQ(result.instances[0].metrics.completed_requests, 3);
  EXPECT_GT(result.instances[0].metrics.steps, 300'000);
}

TEST_F(Standstills, GivenLimitEndsARunBeforeItsHorizon) {
  add_adapter_deadlock();
  config.instance.horizon = Micros(100'000'000);
  EXPECT_EQ(complaint(), "");
  config.max_idle_steps = 500;
  source = {};
  add_adapter_deadlock();
  EXPECT_THAT(complaint(), HasSubstr("has made 500 steps"));
}

TEST_F(Standstills, LongAnswersAreNoStandstill) {
  config.instance.total_kv_blocks = 1000;
  config.max_idle_steps = 100;
  add(16, 5000);
  add(16, 5000);
  EXPECT_EQ(run().instances[0].metrics.completed_requests, 2);
}

}  // namespace
}  // namespace blis::cluster
