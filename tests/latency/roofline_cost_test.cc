// FLOPs and bytes behind the roofline model (spec latency 6.2, 6.3, 15).

#include "latency/roofline_cost.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "testing/catalog_models.h"

namespace blis::latency {
namespace {

using testing::catalog_model;

TEST(ExpectedExperts, MatchesTheReferenceDigitForDigit) {
  EXPECT_EQ(expected_experts(8, 2, 2), 3.5);
  EXPECT_EQ(expected_experts(8, 2, 4), 5.46875);
  EXPECT_EQ(expected_experts(8, 2, 32), 7.999196380594235);
  EXPECT_EQ(expected_experts(64, 6, 32), 61.25768966427967);
  EXPECT_EQ(expected_experts(128, 8, 32), 111.77103534374396);
  EXPECT_EQ(expected_experts(16, 1, 32), 13.971379417967995);
}

TEST(ExpectedExperts, StartsAtZeroAndTopKAndEndsAtAll) {
  EXPECT_EQ(expected_experts(8, 2, 0), 0);
  EXPECT_EQ(expected_experts(8, 2, 1), 2);
  EXPECT_EQ(expected_experts(8, 2, 100000), 8);
  EXPECT_EQ(expected_experts(4, 4, 1), 4);
}

RC_GTEST_PROP(ExpectedExperts, NeverFallsWithTokensAndStaysInRange, ()) {
  const auto experts = *rc::gen::inRange<std::int64_t>(2, 512);
  const auto top_k = *rc::gen::inRange<std::int64_t>(1, experts + 1);
  const auto tokens = *rc::gen::inRange<std::int64_t>(1, 5000);
  const double here = expected_experts(experts, top_k, tokens);
  const double rounding = 1e-12 * static_cast<double>(experts);
  RC_ASSERT(here >= static_cast<double>(top_k) - rounding);
  RC_ASSERT(here <= static_cast<double>(experts) + rounding);
  RC_ASSERT(expected_experts(experts, top_k, tokens + 1) >= here - rounding);
}

TEST(RooflineCost, DecodeOfQwen14b) {
  const RooflineCost cost(catalog_model("qwen3-14b"));
  const RooflineFlops flops = cost.flops(1024, 1);
  EXPECT_EQ(flops.gemm, 20132659200.0);
  EXPECT_EQ(flops.sram, 8601600.0);
  EXPECT_EQ(flops.total(), 20141260800.0);
  const RooflineBytes bytes = cost.bytes(1024, 1);
  EXPECT_EQ(bytes.weights, 19293798400.0);
  EXPECT_EQ(bytes.kv_written, 163840.0);
  EXPECT_EQ(bytes.kv_read, 167772160.0);
  EXPECT_EQ(bytes.activations, 409600.0);
}

TEST(RooflineCost, PrefillOfQwen14bAveragesTheCausalContext) {
  const RooflineFlops flops = RooflineCost(catalog_model("qwen3-14b")).flops(0, 2048);
  EXPECT_EQ(flops.gemm, 41230847180800.0);
  EXPECT_EQ(flops.sram, 17607884800.0);
}

TEST(RooflineCost, ExpertWeightsAreFractional) {
  // Given to one decimal; the bits are covered by the step times.
  EXPECT_NEAR(RooflineCost(catalog_model("mixtral-8x7b-v0.1")).weight_bytes(32) / 2, 31403928272.8,
              0.05);
  EXPECT_NEAR(RooflineCost(catalog_model("deepseek-v2-lite")).weight_bytes(32), 19983272593.6,
              0.05);
}

TEST(RooflineCost, TotalMinusWeightsKeepsItsRounding) {
  // What the model must not shorten to the sum of the three parts, which is 232132608 (spec
  // latency 6.4).
  const RooflineBytes bytes = RooflineCost(catalog_model("deepseek-v2-lite")).bytes(1024, 17);
  EXPECT_EQ(bytes.kv_written + bytes.kv_read + bytes.activations, 232132608.0);
  EXPECT_EQ(bytes.total - bytes.weights, 232132608.0000019);
}

model::Architecture random_shape(bool moe) {
  model::Architecture shape;
  shape.num_layers = *rc::gen::inRange<std::int64_t>(1, 100);
  shape.num_heads = *rc::gen::inRange<std::int64_t>(1, 64);
  shape.num_kv_heads = *rc::gen::inRange<std::int64_t>(1, shape.num_heads + 1);
  shape.hidden_dim = shape.num_heads * *rc::gen::element<std::int64_t>(64, 96, 128);
  shape.intermediate_dim = *rc::gen::inRange<std::int64_t>(0, 30000);
  shape.activation_bytes = 2;
  if (moe) {
    shape.num_experts = *rc::gen::inRange<std::int64_t>(2, 256);
    shape.experts_per_token = *rc::gen::inRange<std::int64_t>(1, shape.num_experts + 1);
  }
  return shape;
}

RC_GTEST_PROP(RooflineCost, MoreTokensNeverCostLess, ()) {  // law 2
  const RooflineCost cost(random_shape(*rc::gen::arbitrary<bool>()));
  const auto past = *rc::gen::inRange<std::int64_t>(0, 100000);
  const auto tokens = *rc::gen::inRange<std::int64_t>(1, 8192);
  RC_ASSERT(cost.flops(past, tokens + 1).total() >= cost.flops(past, tokens).total());
  RC_ASSERT(cost.bytes(past, tokens + 1).total >= cost.bytes(past, tokens).total);
}

RC_GTEST_PROP(RooflineCost, HalfByteWeightsAreAQuarterAndTouchNothingElse, ()) {  // law 2
  model::Architecture shape = random_shape(false);
  const RooflineBytes full = RooflineCost(shape).bytes(1000, 10);
  shape.quantized_weight_bytes = 0.5;
  const RooflineBytes quantized = RooflineCost(shape).bytes(1000, 10);
  RC_ASSERT(quantized.weights == full.weights / 4);
  RC_ASSERT(quantized.kv_read == full.kv_read);
  RC_ASSERT(quantized.kv_written == full.kv_written);
  RC_ASSERT(quantized.activations == full.activations);
}

RC_GTEST_PROP(RooflineCost, AnExpertLayerComputesTopKFfns, ()) {  // law 2
  model::Architecture moe = random_shape(true);
  moe.intermediate_dim = 1024;
  model::Architecture dense = moe;
  dense.num_experts = 0;
  const auto tokens = *rc::gen::inRange<std::int64_t>(1, 4096);
  // The two differ in the FFN alone: moe - dense = (k - 1) FFNs, each 2 n (2 d f) L.
  const double ffn = 2.0 * static_cast<double>(tokens) * 2 * static_cast<double>(moe.hidden_dim) *
                     1024 * static_cast<double>(moe.num_layers);
  const double difference =
      RooflineCost(moe).flops(0, tokens).gemm - RooflineCost(dense).flops(0, tokens).gemm;
  const double expected = static_cast<double>(moe.experts_per_token - 1) * ffn;
  RC_ASSERT(std::abs(difference - expected) <=
            1e-9 * (RooflineCost(moe).flops(0, tokens).gemm + 1));
}

RC_GTEST_PROP(RooflineCost, TotalsAreTheSumsOfTheirParts, ()) {  // law 2
  const RooflineCost cost(random_shape(*rc::gen::arbitrary<bool>()));
  const auto past = *rc::gen::inRange<std::int64_t>(0, 100000);
  const auto tokens = *rc::gen::inRange<std::int64_t>(1, 8192);
  const RooflineFlops flops = cost.flops(past, tokens);
  RC_ASSERT(flops.total() == flops.gemm + flops.sram);
  const RooflineBytes bytes = cost.bytes(past, tokens);
  RC_ASSERT(bytes.total == bytes.weights + bytes.kv_written + bytes.kv_read + bytes.activations);
}

RC_GTEST_PROP(RooflineCost, TheFfnDoesNoVectorWork, ()) {  // law 2
  model::Architecture shape = random_shape(*rc::gen::arbitrary<bool>());
  const auto past = *rc::gen::inRange<std::int64_t>(0, 100000);
  const auto tokens = *rc::gen::inRange<std::int64_t>(1, 8192);
  const RooflineFlops with = RooflineCost(shape).flops(past, tokens);
  shape.intermediate_dim += 1000;
  const RooflineFlops wider = RooflineCost(shape).flops(past, tokens);
  RC_ASSERT(wider.gemm > with.gemm);
  RC_ASSERT(wider.sram == with.sram);
}

}  // namespace
}  // namespace blis::latency
