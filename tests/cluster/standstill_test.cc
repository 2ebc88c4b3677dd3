// Runs that would never end are given up, with a message that names who is stuck; no other run is.

#include "cluster/standstill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
