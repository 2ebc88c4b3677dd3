#include "latency/expert_imbalance.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "latency/latency_model.h"
#include "latency/roofline_cost.h"
#include "testing/catalog_models.h"
#include "testing/step_batches.h"

namespace blis::latency {
namespace {

TEST(BusiestGpuFactor, IsOneWithoutSkewExpertsOrGpus) {
  EXPECT_EQ(busiest_gpu_factor({.experts = 64, .gpus = 8, .moe_layers = 4, .zipf_exponent = 0}), 1);
  EXPECT_EQ(busiest_gpu_factor({.experts = 64, .gpus = 1, .moe_layers = 4, .zipf_exponent = 1}), 1);
  EXPECT_EQ(busiest_gpu_factor({.experts = 0, .gpus = 8, .moe_layers = 4, .zipf_exponent = 1}), 1);
}

// Two experts on two GPUs, weights 1 and 1/2: the busier GPU has 1 of 0.75 on average, in any
// order.
TEST(BusiestGpuFactor, IsTheBusiestOverTheAverage) {
  EXPECT_DOUBLE_EQ(
      busiest_gpu_factor({.experts = 2, .gpus = 2, .moe_layers = 5, .zipf_exponent = 1}), 1 / 0.75);
}

RC_GTEST_PROP(BusiestGpuFactor, StaysBetweenOneAndTheGpus, ()) {
  const auto gpus = *rc::gen::inRange<std::int64_t>(2, 17);
  const auto experts = gpus * *rc::gen::inRange<std::int64_t>(1, 9);
  const double factor = busiest_gpu_factor({.experts = experts,
                                            .gpus = gpus,
                                            .moe_layers = *rc::gen::inRange<std::int64_t>(1, 30),
                                            .zipf_exponent = *rc::gen::inRange(1, 30) / 10.0});
  RC_ASSERT(factor >= 1 - 1e-12);
  RC_ASSERT(factor <= static_cast<double>(gpus) * (1 + 1e-12));
}

RC_GTEST_PROP(TouchProbabilities, AddUpToTheExpertsOfAToken, ()) {
  const auto experts = *rc::gen::inRange<std::int64_t>(2, 100);
  const auto top_k = *rc::gen::inRange<std::int64_t>(1, experts + 1);
  const auto shares = touch_probabilities(experts, top_k, *rc::gen::inRange(0, 40) / 10.0);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  RC_ASSERT(sum > static_cast<double>(top_k) * (1 - 1e-12));
  RC_ASSERT(sum < static_cast<double>(top_k) * (1 + 1e-12));
  for (const double share : shares) RC_ASSERT(share >= 0 && share <= 1);
  RC_ASSERT(std::ranges::is_sorted(shares, std::greater()));
}

TEST(SkewedExperts, AreFewerThanUniformOnes) {
  EXPECT_NEAR(skewed_experts(touch_probabilities(64, 6, 0), 32), expected_experts(64, 6, 32), 1e-9);
  EXPECT_LT(skewed_experts(touch_probabilities(64, 6, 1), 32), expected_experts(64, 6, 32));
  EXPECT_NEAR(skewed_experts(touch_probabilities(64, 6, 1), 1), 6, 1e-9);
}

TEST(ExpertImbalance, SlowsExpertParallelStepsDown) {
  const auto architecture = testing::catalog_model("qwen3-30b-a3b");
  LatencyConfig config = testing::shipped_trained_physics(2);
  config.data_parallel = 4;
  config.moe_comm_backend = "deepep_low_latency";
  const auto gpu = testing::catalog_gpu("H100");
  const auto batch = testing::prefill(2048);
  const Micros balanced = make_latency_model(config, architecture, gpu)->step_time(batch.batch());
  config.expert_zipf_exponent = 1;
  EXPECT_GT(make_latency_model(config, architecture, gpu)->step_time(batch.batch()), balanced);
}

}  // namespace
}  // namespace blis::latency
