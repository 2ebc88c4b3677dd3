// Rows of a time series against runs that are small enough to be followed by hand.
#include "cluster/time_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/fleet_test.h"

namespace blis::cluster {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Rows final : public TimeSeriesListener {
 public:
  std::vector<TimeSeriesRow> rows;
  void on_row(const TimeSeriesRow& row) override { rows.push_back(row); }
};

/// Steps of 1000 µs, prompts of 16 tokens, one KV block of 100 per prompt.
class Series : public testing::FleetTest {
 protected:
  const std::vector<TimeSeriesRow>& run(std::int64_t interval_us) {
    Simulation simulation(config_, symbols_, source_, nullptr, diagnostics_);
    simulation.record_time_series(Micros(interval_us), rows_);
    simulation.run();
    return rows_.rows;
  }

  Rows rows_;
};

TEST_F(Series, CutsTheRunIntoWindowsAndEndsWithIt) {
  source_.add(16, 10);  // steps begin at 0, 1000, … 9000; the last ends at 10000
  std::vector<std::int64_t> times, windows;
  for (const TimeSeriesRow& row : run(4000)) {
    times.push_back(row.time.count());
    windows.push_back(row.window.count());
  }
  EXPECT_THAT(times, ElementsAre(4000, 8000, 10000));
  EXPECT_THAT(windows, ElementsAre(4000, 4000, 2000));
}

TEST_F(Series, WhatHappensAtTheEndOfAWindowBelongsToIt) {
  source_.add(16, 3);
  source_.add(16, 3, Micros(1000));
  source_.add(16, 3, Micros(1001));
  const auto& rows = run(1000);
  EXPECT_EQ(rows.at(0).arrived, 2);  // those at 0 and at 1000
  EXPECT_EQ(rows.at(1).arrived, 1);
  EXPECT_EQ(rows.at(0).running_requests, 2);
}

TEST_F(Series, CountsTokensWhenTheirStepBegins) {
  source_.add(16, 4);
  const auto& rows = run(1000);
  // Steps at 0 and 1000 in the first window: the prompt's, which emits a token, and one more.
  EXPECT_EQ(rows.at(0).prompt_tokens, 16);
  EXPECT_EQ(rows.at(0).output_tokens, 2);
  EXPECT_EQ(rows.at(1).output_tokens, 1);
  EXPECT_EQ(rows.at(2).output_tokens, 1);
}

TEST_F(Series, KnowsWhatWasMeasuredOfThoseWhoCompleted) {
  source_.add(16, 4);
  source_.add(16, 1, Micros(500));
  const auto& rows = run(10'000);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at(0).completed, 2);
  EXPECT_THAT(rows.at(0).ttft_us, ElementsAre(DoubleEq(1000), DoubleEq(1500)));
  EXPECT_THAT(rows.at(0).e2e_us, ElementsAre(DoubleEq(1500), DoubleEq(4000)));
  EXPECT_THAT(rows.at(0).itl_us, ElementsAre(DoubleEq(1000)));  // one token has no gaps
}

TEST_F(Series, ForgetsTheWindowBefore) {
  source_.add(16, 2);
  source_.add(16, 2, Micros(20'000));
  const auto& rows = run(10'000);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows.at(0).completed, 1);
  EXPECT_EQ(rows.at(1).completed, 0);
  EXPECT_THAT(rows.at(1).e2e_us, IsEmpty());
  EXPECT_EQ(rows.at(2).completed, 1);
  EXPECT_THAT(rows.at(2).e2e_us, ElementsAre(DoubleEq(2000)));
}

TEST_F(Series, ShowsQueuesAndKv) {
  config_.instance.max_num_seqs = 1;
  for (int i = 0; i < 3; ++i) source_.add(32, 4);
  const auto& rows = run(1500);
  EXPECT_EQ(rows.at(0).running_requests, 1);
  EXPECT_EQ(rows.at(0).waiting_requests, 2);
  EXPECT_EQ(rows.at(0).used_kv_blocks, 3);  // 32 tokens of prompt and the first ones of the answer
  EXPECT_EQ(rows.at(0).total_kv_blocks, 100);
}

TEST_F(Series, CountsThoseTurnedAwayAndThoseWhoFail) {
  source_.add(16 * 200, 1);  // more blocks than there are
  source_.add(16, 1);
  source_.add(16, 50, Micros(100)).deadline = Micros(2000);
  const auto& rows = run(100'000);
  EXPECT_EQ(rows.at(0).failed, 2);  // one does not fit, one is late
  EXPECT_EQ(rows.at(0).rejected, 0);
  EXPECT_EQ(rows.at(0).completed, 1);
}

TEST_F(Series, FollowsInstancesThroughTheirStates) {
  config_.control.node_pools = {{.name = "a",
                                 .gpu_type = "L40S",
                                 .gpus_per_node = 2,
                                 .gpu_memory_gib = 48,
                                 .initial_nodes = 1,
                                 .cost_usd_per_hour = 2}};
  config_.control.loading_delay.mean_s = 0.005;
  source_.add(16, 2, Micros(6000));
  const auto& rows = run(4000);
  using Counts = std::array<std::int64_t, control::kInstanceStates.size()>;
  Counts loading{}, active{};
  loading[static_cast<std::size_t>(control::InstanceState::kLoading)] = 1;
  active[static_cast<std::size_t>(control::InstanceState::kActive)] = 1;
  EXPECT_THAT(rows.at(0).instances, ElementsAre(loading));
  EXPECT_THAT(rows.at(1).instances, ElementsAre(active));
  EXPECT_EQ(rows.at(0).gpu_us, 2 * 4000);  // both GPUs of the node, though one is free
  EXPECT_EQ(rows.at(1).gpu_us, 2 * 8000);
  EXPECT_DOUBLE_EQ(rows.at(1).cost_usd.value(), 2 * 8000 / 3.6e9);
}

TEST_F(Series, TakesASplitRequestForOne) {
  config_.num_instances = 2;
  config_.disaggregation.pools = {.prefill = 1, .decode = 1};
  config_.disaggregation.decider = "always";
  config_.disaggregation.transfer.kv_bytes_per_token = 1000;
  source_.add(16, 4);
  Simulation simulation(config_, std::make_shared<SymbolTable>(), source_, nullptr, diagnostics_);
  simulation.record_time_series(Micros(1'000'000), rows_);
  const SimulationResult result = simulation.run();
  ASSERT_EQ(rows_.rows.size(), 1u);
  const TimeSeriesRow& row = rows_.rows.front();
  EXPECT_EQ(row.completed, 1);
  const request::Measurements& m = (*result.requests)[result.arrivals.front()].measured;
  EXPECT_THAT(row.ttft_us, ElementsAre(DoubleEq(static_cast<double>(m.ttft.count()))));
  EXPECT_THAT(row.e2e_us, ElementsAre(DoubleEq(static_cast<double>(m.e2e.count()))));
  EXPECT_THAT(row.itl_us, ElementsAre(DoubleEq(m.itl_mean_us)));
}

TEST(GpuTypesOf, AreThoseThatInstancesCanHave) {
  ClusterConfig config;
  config.gpu_type = "H100";
  EXPECT_THAT(gpu_types_of(config), ElementsAre("H100"));
  config.num_instances = 2;
  config.disaggregation.pools = {.prefill = 1, .decode = 1};
  config.prefill_pool = PoolOverride{.gpu_type = "H100", .latency = nullptr};
  config.decode_pool = PoolOverride{.gpu_type = "L40S", .latency = nullptr};
  EXPECT_THAT(gpu_types_of(config), ElementsAre("H100", "L40S"));
  config.control.node_pools = {{.name = "a", .gpu_type = "A100"},
                               {.name = "b", .gpu_type = "A100"}};
  EXPECT_THAT(gpu_types_of(config), ElementsAre("A100"));
}

}  // namespace
}  // namespace blis::cluster
