// Costs of LoRA adapters (spec latency 12.2, 12.3).

#include "model/lora.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"

namespace blis::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

LoraConfig shipped() {
  return {.adapter_capacity = 8,
          .load_base_latency_us = 1500,
          .load_bandwidth_bytes_per_us = 2e6,
          .footprint_bytes_per_rank = 2e6,
          .step_overhead_tiers = {{8, {0.02, 1}}, {16, {0.035, 1}}, {32, {0.06, 1}}},
          .adapters = {{"b", 32, ""}, {"a", 8, "base"}}};
}

std::string refusal(const LoraConfig& config) {
  try {
    (void)LoraCostModel(config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(LoraRegistry, AnswersByName) {
  const LoraConfig config = shipped();
  const LoraRegistry registry(config.adapters);
  EXPECT_EQ(registry.size(), 2U);
  EXPECT_EQ(registry.find("a")->base_model, "base");
  EXPECT_EQ(registry.find("c"), nullptr);
  EXPECT_EQ(registry.largest_rank(), 32);
  EXPECT_THAT(registry.sorted_ids(), ElementsAre("a", "b"));
  EXPECT_THAT(registry.unknown(std::vector<std::string>{"z", "a", "c", "z"}),
              ElementsAre("c", "z"));
}

TEST(LoraCostModel, LoadsAsLongAsTheReference) {
  const LoraCostModel costs(shipped());
  EXPECT_EQ(costs.load_time(8), Micros(1508));
  EXPECT_EQ(costs.load_time(16), Micros(1516));
  EXPECT_EQ(costs.load_time(32), Micros(1532));
  EXPECT_EQ(costs.load_time(64), Micros(1564));
  EXPECT_EQ(costs.load_time(std::nullopt), Micros(1));
  EXPECT_EQ(costs.footprint_bytes(8), 16e6);
}

TEST(LoraCostModel, RoundsPartsOfATransferAndOfATickUp) {
  LoraConfig config = shipped();
  config.load_base_latency_us = 0.25;
  config.load_bandwidth_bytes_per_us = 3e6;  // rank 8: 5.33 µs
  EXPECT_EQ(LoraCostModel(config).load_time(8), Micros(7));
  config.load_base_latency_us = 0;
  config.load_bandwidth_bytes_per_us = 1e300;
  EXPECT_EQ(LoraCostModel(config).load_time(8), Micros(1));
}

TEST(LoraCostModel, ReservesCapacityTimesTheLargestRank) {
  EXPECT_EQ(LoraCostModel(shipped()).reserved_bytes(), 512'000'000);
}

TEST(LoraCostModel, RefusesWhatNoMachineHas) {
  LoraConfig config = shipped();
  config.load_base_latency_us = 2e15;
  EXPECT_THAT(refusal(config), HasSubstr("to load"));
  config = shipped();
  config.footprint_bytes_per_rank = 1e17;
  EXPECT_THAT(refusal(config), HasSubstr("reserve"));
  config = shipped();
  config.load_bandwidth_bytes_per_us.reset();
  EXPECT_THAT(refusal(config), HasSubstr("load_bandwidth_bytes_us"));
}

TEST(LoraCostModel, SlowsStepsByTier) {
  const LoraCostModel costs(shipped());
  EXPECT_EQ(costs.step_overhead_factor(1, 8), 1.02);
  EXPECT_EQ(costs.step_overhead_factor(3, 16), 1.0 + 0.035 * 3);
  EXPECT_EQ(costs.step_overhead_factor(2, 12), 1.04);  // 8 and 16 are equally near: the lower
  EXPECT_EQ(costs.step_overhead_factor(2, 24), 1.07);
  EXPECT_EQ(costs.step_overhead_factor(4, 64), 1.24);
  EXPECT_EQ(costs.step_overhead_factor(1, 1), 1.02);
  EXPECT_EQ(costs.step_overhead_factor(1, 25), 1.06);
}

TEST(LoraCostModel, NoAdaptersOrTiersMeanNoSlowDown) {
  EXPECT_EQ(LoraCostModel(shipped()).step_overhead_factor(0, 32), 1.0);
  LoraConfig config = shipped();
  config.step_overhead_tiers.clear();
  EXPECT_EQ(LoraCostModel(config).step_overhead_factor(3, 32), 1.0);
}

RC_GTEST_PROP(LoraCostModel, FactorIsTheNearestTiersAndNeverBelowOne, ()) {  // law 14
  LoraConfig config = shipped();
  config.step_overhead_tiers.clear();
  const auto ranks = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 300)));
  for (const std::int64_t rank : ranks) {
    config.step_overhead_tiers[rank] = {.k6 = static_cast<double>(rank), .k7 = 1};
  }
  const auto rank = *rc::gen::inRange<std::int64_t>(1, 400);
  std::int64_t nearest = config.step_overhead_tiers.begin()->first;
  for (const auto& [tier, costs] : config.step_overhead_tiers) {
    if (std::abs(tier - rank) < std::abs(nearest - rank)) nearest = tier;
  }
  const double factor = LoraCostModel(config).step_overhead_factor(1, rank);
  RC_ASSERT(factor == 1.0 + static_cast<double>(nearest));
  RC_ASSERT(factor >= 1.0);
}

TEST(LoraConfig, IsActiveOnlyWithAdaptersAndCapacity) {
  LoraConfig config = shipped();
  EXPECT_TRUE(config.is_active());
  config.adapter_capacity.reset();
  EXPECT_FALSE(config.is_active());
  config = shipped();
  config.adapters.clear();
  EXPECT_FALSE(config.is_active());
}

}  // namespace
}  // namespace blis::model
