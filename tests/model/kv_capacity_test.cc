// KV bytes, weight bytes and block counts: errors, special shapes, laws (spec latency 5; laws 11,
// 12 of 18).

#include "model/kv_capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/error.h"
#include "testing/catalog_models.h"

namespace blis::model {
namespace {

using ::testing::AllOf;
using testing::catalog_model;
using ::testing::EndsWith;
using ::testing::HasSubstr;

template <typename Action>
std::string refusal(Action action) {
  try {
    (void)action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string kv_refusal(const std::function<void(Architecture&)>& change,
                       std::int64_t tensor_parallel = 1) {
  Architecture model = catalog_model("qwen3-14b");
  change(model);
  return refusal([&] { return kv_bytes_per_token(model, tensor_parallel); });
}

TEST(KvBytes, RefusalsNameTheQuantity) {
  EXPECT_THAT(kv_refusal([](Architecture&) {}, 0), HasSubstr("TP"));
  EXPECT_THAT(kv_refusal([](Architecture& m) { m.num_layers = 0; }), HasSubstr("num_layers"));
  EXPECT_THAT(kv_refusal([](Architecture& m) { m.num_heads = 0; }),
              HasSubstr("num_attention_heads"));
  EXPECT_THAT(kv_refusal([](Architecture& m) { m.hidden_dim = 0; }), HasSubstr("hidden_dim"));
  EXPECT_THAT(kv_refusal([](Architecture& m) { m.activation_bytes = 0; }), HasSubstr("precision"));
  EXPECT_THAT(kv_refusal([](Architecture& m) { m.num_kv_heads = -1; }), HasSubstr("num_kv_heads"));
  EXPECT_THAT(kv_refusal([](Architecture&) {}, 3), AllOf(HasSubstr("divisible"), HasSubstr("TP")));
  EXPECT_THAT(kv_refusal([](Architecture& m) {
                m.head_dim = 0;
                m.hidden_dim = 5121;
              }),
              HasSubstr("divisible"));
  EXPECT_EQ(kv_refusal([](Architecture&) {}, 16), "");  // fewer KV heads than GPUs are accepted
}

TEST(KvBytes, LatentAttentionIsNeitherSharedNorDependentOnHeads) {  // law 11
  Architecture model = catalog_model("deepseek-v2-lite");
  EXPECT_EQ(kv_bytes_per_token(model, 1), 31104);
  EXPECT_EQ(kv_bytes_per_token(model, 7), 31104);
  model.num_kv_heads = 3;
  model.head_dim = 999;
  EXPECT_EQ(kv_bytes_per_token(model, 2), 31104);
}

RC_GTEST_PROP(KvBytes, ScalesWithLayersHeadsWidthAndGpus, ()) {  // law 11
  Architecture model;
  model.num_layers = *rc::gen::inRange<std::int64_t>(1, 200);
  model.num_heads = *rc::gen::element<std::int64_t>(8, 16, 32);
  model.num_kv_heads = *rc::gen::element<std::int64_t>(8, 16, 32);
  model.hidden_dim = model.num_heads * *rc::gen::inRange<std::int64_t>(1, 256);
  model.activation_bytes = 2;
  const double bytes = kv_bytes_per_token(model, 1);
  RC_ASSERT(kv_bytes_per_token(model, 8) == bytes / 8);
  Architecture doubled = model;
  doubled.num_layers *= 2;
  RC_ASSERT(kv_bytes_per_token(doubled, 1) == 2 * bytes);
  doubled.num_kv_heads *= 2;
  RC_ASSERT(kv_bytes_per_token(doubled, 1) == 4 * bytes);
  doubled.activation_bytes = 4;
  RC_ASSERT(kv_bytes_per_token(doubled, 1) == 8 * bytes);
}

std::string block_refusal(const std::function<void(Architecture&, KvCapacityInputs&)>& change) {
  Architecture model = catalog_model("qwen3-14b");
  KvCapacityInputs inputs = {.memory_gib = 80};
  change(model, inputs);
  return refusal([&] { return kv_block_count(model, inputs); });
}

TEST(KvBlocks, RefusalsNameTheQuantityInOrder) {
  using A = Architecture;
  using I = KvCapacityInputs;
  for (const double bad :
       {0.0, -0.1, 1.01, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(block_refusal([bad](A&, I& in) {
                  in.memory_utilization_ratio = bad;
                  in.block_size_tokens = 0;
                }),
                HasSubstr("utilization"));
  }
  EXPECT_THAT(block_refusal([](A&, I& in) { in.adapter_reserved_bytes = -1; }),
              HasSubstr("reservation"));
  EXPECT_THAT(block_refusal([](A&, I& in) { in.block_size_tokens = 0; }), HasSubstr("block size"));
  EXPECT_THAT(block_refusal([](A&, I& in) { in.data_parallel = 0; }), HasSubstr("data parallel"));
  EXPECT_THAT(block_refusal([](A& m, I&) { m.intermediate_dim = 0; }),
              HasSubstr("intermediate_dim"));
  EXPECT_THAT(block_refusal([](A& m, I&) { m.vocab_size = 0; }), HasSubstr("vocab_size"));
  EXPECT_THAT(block_refusal([](A&, I& in) { in.memory_gib = 0; }), HasSubstr("GPU memory"));
  EXPECT_THAT(block_refusal([](A& m, I&) { m.quantized_weight_bytes = -1; }),
              HasSubstr("WeightBytesPerParam"));
  EXPECT_THAT(block_refusal([](A& m, I&) { m.hidden_act = "gelu"; }),
              AllOf(HasSubstr("activation"), HasSubstr("gelu")));
  EXPECT_THAT(block_refusal([](A& m, I&) { m.num_layers = 0; }), HasSubstr("num_layers"));
  EXPECT_THAT(block_refusal([](A&, I& in) { in.memory_gib = 0.5; }), HasSubstr("insufficient"));
  EXPECT_THAT(block_refusal([](A&, I& in) { in.memory_gib = 36.8425; }), HasSubstr("0 blocks"));
}

TEST(KvBlocks, AllowedActivationNamesDoNotMatter) {  // law 12
  for (const char* name : {"silu", "swiglu", "geglu", "situ", ""}) {
    Architecture model = catalog_model("qwen3-14b");
    model.hidden_act = name;
    EXPECT_EQ(kv_block_count(model, {.memory_gib = 80}), 15909) << name;
  }
}

TEST(KvBlocks, AdaptersTakeTheirReservation) {
  const Architecture model = catalog_model("qwen3-14b");
  EXPECT_EQ(kv_block_count(model, {.memory_gib = 80, .adapter_reserved_bytes = 512'000'000}),
            15714);
}

/// The shape of DeepSeek-V3, sized without its latent attention.
Architecture deepseek_v3(double activation_bytes) {
  Architecture model;
  model.num_layers = 61;
  model.hidden_dim = 7168;
  model.num_heads = 128;
  model.num_kv_heads = 128;
  model.vocab_size = 129280;
  model.intermediate_dim = 18432;
  model.num_experts = 256;
  model.experts_per_token = 8;
  model.expert_ffn_dim = 2048;
  model.capacity_shared_ffn_dim = 2048;
  model.activation_bytes = activation_bytes;
  model.quantized_weight_bytes = 1;
  return model;
}

TEST(KvBlocks, DeepseekV3ShapeMatchesTheReference) {
  EXPECT_EQ(kv_block_count(deepseek_v3(1), {.memory_gib = 80, .tensor_parallel = 16}), 586774);
  EXPECT_EQ(kv_block_count(deepseek_v3(2), {.memory_gib = 80, .tensor_parallel = 16}), 293387);
  EXPECT_THAT(refusal([] {
                return kv_block_count(deepseek_v3(1), {.memory_gib = 80, .tensor_parallel = 2});
              }),
              AllOf(HasSubstr("665.71 GiB = 656.51"), HasSubstr("8.00"), HasSubstr("1.20"),
                    HasSubstr("0.00"), HasSubstr("lora-adapter-reservation"),
                    EndsWith("Minimum GPUs required per instance: 10")));
}

TEST(KvBlocks, ExpertsWithoutATotalCannotBeSized) {
  Architecture model;
  EXPECT_EQ(refusal([&] {
              check_expert_count_is_known(model);
              return 0;
            }),
            "");
  model.experts_per_token = 2;
  EXPECT_THAT(refusal([&] {
                check_expert_count_is_known(model);
                return 0;
              }),
              AllOf(HasSubstr("num_experts_per_tok"), HasSubstr("--total-kv-blocks")));
  model.shared_expert_count = 1;
  EXPECT_THAT(refusal([&] {
                check_expert_count_is_known(model);
                return 0;
              }),
              HasSubstr("n_shared_experts"));
  model.num_experts = 8;
  EXPECT_EQ(refusal([&] {
              check_expert_count_is_known(model);
              return 0;
            }),
            "");
}

TEST(KvBlocks, GrowWithMemoryUtilizationAndGpus) {  // law 12
  for (const char* name : {"qwen3-14b", "deepseek-v2-lite", "llama-3.1-8b-instruct"}) {
    const Architecture model = catalog_model(name);
    const KvCapacityInputs base = {.memory_gib = 80};
    const std::int64_t blocks = kv_block_count(model, base);
    KvCapacityInputs more = base;
    more.memory_utilization_ratio = 0.95;
    EXPECT_GE(kv_block_count(model, more), blocks);
    more = base;
    more.memory_gib = 96;
    EXPECT_GE(kv_block_count(model, more), blocks);
    more = base;
    more.tensor_parallel = 2;
    EXPECT_GE(kv_block_count(model, more), blocks);
  }
}

TEST(KvBlocks, TiedEmbeddingsAndNarrowWeightsLeaveMoreRoom) {  // law 12
  Architecture model = catalog_model("qwen3-14b");
  const std::int64_t blocks = kv_block_count(model, {.memory_gib = 80});
  model.tied_embeddings = true;
  EXPECT_GE(kv_block_count(model, {.memory_gib = 80}), blocks);
  model.tied_embeddings = false;
  model.quantized_weight_bytes = 1;
  EXPECT_GT(kv_block_count(model, {.memory_gib = 80}), blocks);
}

TEST(KvBlocks, DataParallelRanksMultiplyMoeBlocksOnly) {  // law 12
  const Architecture moe = catalog_model("deepseek-v2-lite");
  const Architecture dense = catalog_model("qwen3-14b");
  for (const std::int64_t ranks : {2, 3, 8}) {
    EXPECT_EQ(kv_block_count(moe, {.memory_gib = 80, .data_parallel = ranks}), 74312 * ranks);
    EXPECT_EQ(kv_block_count(dense, {.memory_gib = 80, .data_parallel = ranks}), 15909);
  }
}

TEST(KvBlocks, EveryLeadingDenseLayerAddsTheSame) {  // law 12
  Architecture model = catalog_model("deepseek-v2-lite");
  std::int64_t previous = 0;
  std::int64_t increment = 0;
  for (std::int64_t dense = 0; dense <= 5; ++dense) {
    model.first_dense_layers = dense;
    const std::int64_t blocks = kv_block_count(model, {.memory_gib = 80});
    if (dense == 1) increment = blocks - previous;
    if (dense >= 1) {
      EXPECT_GT(blocks, previous);
      EXPECT_NEAR(static_cast<double>(blocks - previous), static_cast<double>(increment), 1.0);
    }
    previous = blocks;
  }
}

RC_GTEST_PROP(KvBlocks, AReservationRemovesItsShareOfBlocks, ()) {  // law 12
  const Architecture model = catalog_model("deepseek-v2-lite");
  const auto reserved = *rc::gen::inRange<std::int64_t>(0, 20'000'000'000);
  const std::int64_t without = kv_block_count(model, {.memory_gib = 80});
  const std::int64_t with =
      kv_block_count(model, {.memory_gib = 80, .adapter_reserved_bytes = reserved});
  RC_ASSERT(std::abs((without - with) - reserved / 497664) <= 1);
}

}  // namespace
}  // namespace blis::model
