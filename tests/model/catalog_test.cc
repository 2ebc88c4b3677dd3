// The shipped model configurations against the published tables (spec latency 14), and how many KV
// blocks they leave room for (5.5, 10).

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "model/kv_capacity.h"
#include "testing/catalog_models.h"

namespace blis::model {
namespace {

using testing::catalog_gpu;
using testing::catalog_model;

struct Shipped {
  const char* directory;
  const char* model_type;
  std::int64_t layers, hidden, heads, kv_heads, head_dim, ffn, experts, top_k, expert_ffn,
      shared_ffn, vocab;
  double activation_bytes, weight_bytes;
  std::int64_t kv_lora_rank, qk_rope_head_dim, max_position_embeddings, parameters;
};

constexpr Shipped kShipped[] = {
    {"codellama-34b-instruct-hf", "llama", 48, 8192, 64, 8, 0, 22016, 0, 0, 0, 0, 32000, 2, 2, 0, 0,
     16384, 33'743'970'304},
    {"deepseek-v2-lite", "deepseek_v2", 27, 2048, 16, 16, 0, 10944, 64, 6, 1408, 2816, 102400, 2, 2,
     512, 64, 163840, 15'787'866'112},
    {"glm-5.2-fp8", "glm_moe_dsa", 78, 6144, 64, 64, 192, 12288, 256, 8, 2048, 2048, 154880, 2, 1,
     512, 64, 1048576, 747'974'866'944},
    {"llama-2-7b-hf", "llama", 32, 4096, 32, 32, 0, 11008, 0, 0, 0, 0, 32000, 2, 2, 0, 0, 4096,
     6'738'415'616},
    {"llama-3.1-70b-instruct", "llama", 80, 8192, 64, 8, 0, 28672, 0, 0, 0, 0, 128256, 2, 2, 0, 0,
     131072, 70'553'706'496},
    {"llama-3.1-8b-instruct", "llama", 32, 4096, 32, 8, 0, 14336, 0, 0, 0, 0, 128256, 2, 2, 0, 0,
     131072, 8'030'261'248},
    {"llama-4-scout-17b-16e-instruct-fp8-dynamic", "llama4_text", 48, 5120, 40, 8, 128, 8192, 16, 1,
     0, 0, 202048, 2, 1, 0, 0, 10485760, 101'730'063'360},
    {"mistral-nemo-instruct-2407", "mistral", 40, 5120, 32, 8, 128, 14336, 0, 0, 0, 0, 131072, 2, 2,
     0, 0, 131072, 12'667'212'800},
    {"mixtral-8x7b-v0.1", "mixtral", 32, 4096, 32, 8, 0, 14336, 8, 2, 0, 0, 32000, 2, 2, 0, 0,
     32768, 46'702'792'704},
    {"qwen2.5-7b-instruct", "qwen2", 28, 3584, 28, 4, 0, 18944, 0, 0, 0, 0, 152064, 2, 2, 0, 0,
     32768, 7'615'487'488},
    {"qwen3-14b", "qwen3", 40, 5120, 40, 8, 128, 17408, 0, 0, 0, 0, 151936, 2, 2, 0, 0, 40960,
     14'768'296'960},
    {"qwen3-30b-a3b", "qwen3_moe", 48, 2048, 32, 4, 128, 6144, 128, 8, 768, 0, 151936, 2, 2, 0, 0,
     40960, 30'129'457'152},
    {"yi-34b", "llama", 60, 7168, 56, 8, 0, 20480, 0, 0, 0, 0, 64000, 2, 2, 0, 0, 4096,
     34'388'917'248},
};

TEST(Catalog, ModelsHaveThePublishedFacts) {
  for (const Shipped& row : kShipped) {
    SCOPED_TRACE(row.directory);
    const Architecture model = catalog_model(row.directory);
    EXPECT_EQ(model.model_type, row.model_type);
    EXPECT_EQ(model.num_layers, row.layers);
    EXPECT_EQ(model.hidden_dim, row.hidden);
    EXPECT_EQ(model.num_heads, row.heads);
    EXPECT_EQ(model.num_kv_heads, row.kv_heads);
    EXPECT_EQ(model.head_dim, row.head_dim);
    EXPECT_EQ(model.intermediate_dim, row.ffn);
    EXPECT_EQ(model.num_experts, row.experts);
    EXPECT_EQ(model.experts_per_token, row.top_k);
    EXPECT_EQ(model.expert_ffn_dim, row.expert_ffn);
    EXPECT_EQ(model.shared_ffn_dim, row.shared_ffn);
    EXPECT_EQ(model.capacity_shared_ffn_dim, row.shared_ffn);
    EXPECT_EQ(model.vocab_size, row.vocab);
    EXPECT_EQ(model.activation_bytes, row.activation_bytes);
    EXPECT_EQ(model.weight_bytes(), row.weight_bytes);
    EXPECT_EQ(model.kv_lora_rank, row.kv_lora_rank);
    EXPECT_EQ(model.qk_rope_head_dim, row.qk_rope_head_dim);
    EXPECT_EQ(model.max_position_embeddings, row.max_position_embeddings);
    EXPECT_EQ(parameter_count(model), row.parameters);
    EXPECT_FALSE(model.tied_embeddings);
    EXPECT_EQ(model.hidden_act, "silu");
  }
}

TEST(Catalog, GpusHaveThePublishedFigures) {
  const Gpu h100 = catalog_gpu("H100");
  EXPECT_EQ(h100.tflops_peak, 989.5);
  EXPECT_EQ(h100.tflops_fp8, 1979.0);
  EXPECT_EQ(h100.bandwidth_tb_per_s, 3.35);
  EXPECT_EQ(h100.mfu_prefill, 0.45);
  EXPECT_EQ(h100.mfu_decode, 0.30);
  EXPECT_EQ(h100.memory_gib, 80.0);
  for (const char* name : {"A100-SXM", "A100-80"}) {
    const Gpu a100 = catalog_gpu(name);
    EXPECT_EQ(a100.tflops_peak, 312);
    EXPECT_EQ(a100.tflops_fp8, 0);
    EXPECT_EQ(a100.bandwidth_tb_per_s, 2.039);
    EXPECT_EQ(a100.mfu_prefill, 0.38);
    EXPECT_EQ(a100.mfu_decode, 0.18);
    EXPECT_EQ(a100.memory_gib, 80.0);
  }
  const Gpu l40s = catalog_gpu("L40S");
  EXPECT_EQ(l40s.tflops_peak, 362.05);
  EXPECT_EQ(l40s.tflops_fp8, 1466.0);
  EXPECT_EQ(l40s.bandwidth_tb_per_s, 0.864);
  EXPECT_EQ(l40s.mfu_prefill, 0.32);
  EXPECT_EQ(l40s.mfu_decode, 0.08);
  EXPECT_EQ(l40s.memory_gib, 48.0);
}

struct Capacity {
  const char* directory;
  std::int64_t weight_bytes;
  double kv_bytes_per_token;
  std::array<std::int64_t, 4> h100_blocks;  ///< TP 1, 2, 4, 8; -n = refused with n GPUs at least
  std::array<std::int64_t, 4> l40s_blocks;
};

constexpr Capacity kCapacities[] = {
    {"codellama-34b-instruct-hf",
     67'487'940'608,
     196608,
     {1193, 50822, 296614, 1373107},
     {-2, 11500, 139328, 743961}},
    {"deepseek-v2-lite",
     31'575'732'224,
     31104,
     {74312, 227391, 535491, 1151692},
     {12174, 103116, 286940, 654589}},
    {"glm-5.2-fp8", 747'974'866'944, 89856, {-10, -10, -10, -10}, {-17, -17, -17, -17}},
    {"llama-2-7b-hf",
     13'476'831'232,
     524288,
     {6886, 31935, 136984, 566424},
     {3199, 17190, 78002, 330494}},
    {"llama-3.1-70b-instruct",
     141'107'412'992,
     327680,
     {-2, 2409, 121801, 711530},
     {-4, -4, 27429, 334042}},
    {"llama-3.1-8b-instruct",
     16'060'522'496,
     131072,
     {26312, 125278, 543011, 2255841},
     {11567, 66296, 307082, 1312122}},
    {"llama-4-scout-17b-16e-instruct-fp8-dynamic",
     101'730'063'360,
     196608,
     {-2, 27345, 249660, 1279198},
     {-3, -3, 92373, 650052}},
    {"mistral-nemo-instruct-2407",
     25'334'425'600,
     163840,
     {17512, 93147, 420258, 1776371},
     {5716, 45961, 231514, 1021396}},
    {"mixtral-8x7b-v0.1",
     93'405'585'408,
     131072,
     {-2, 48956, 390367, 1950553},
     {-3, -3, 154438, 1006834}},
    {"qwen2.5-7b-instruct",
     15'230'974'976,
     57344,
     {61048, 288159, 1244786, 5163441},
     {27343, 153342, 705518, 3006370}},
    {"qwen3-14b",
     29'536'593'920,
     163840,
     {15909, 89941, 413846, 1763547},
     {4113, 42755, 225102, 1008572}},
    {"qwen3-30b-a3b",
     60'258'914'304,
     98304,
     {5276, 107423, 604786, 2769330},
     {-2, 28780, 290213, 1511039}},
    {"yi-34b", 68'777'834'496, 245760, {626, 40001, 235979, 1095861}, {-2, 8544, 110150, 592545}},
};

/// Blocks, or minus the minimum number of GPUs that a refusal ends with.
std::int64_t blocks_or_refusal(const Architecture& model, const KvCapacityInputs& inputs) {
  try {
    return kv_block_count(model, inputs);
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    const std::string lead = "Minimum GPUs required per instance: ";
    const std::size_t at = message.rfind(lead);
    EXPECT_NE(at, std::string::npos) << message;
    EXPECT_NE(message.find("exceeds"), std::string::npos) << message;
    return at == std::string::npos ? 0 : -std::stoll(message.substr(at + lead.size()));
  }
}

TEST(Catalog, ModelsLeaveTheReferencesNumberOfKvBlocks) {
  constexpr std::array<std::int64_t, 4> kTensorParallel = {1, 2, 4, 8};
  for (const Capacity& row : kCapacities) {
    const Architecture model = catalog_model(row.directory);
    EXPECT_EQ(weight_bytes(model), row.weight_bytes) << row.directory;
    EXPECT_EQ(kv_bytes_per_token(model, 1), row.kv_bytes_per_token) << row.directory;
    for (std::size_t i = 0; i < kTensorParallel.size(); ++i) {
      KvCapacityInputs inputs = {.memory_gib = 80, .tensor_parallel = kTensorParallel[i]};
      EXPECT_EQ(blocks_or_refusal(model, inputs), row.h100_blocks[i]) << row.directory;
      inputs.memory_gib = 48;
      EXPECT_EQ(blocks_or_refusal(model, inputs), row.l40s_blocks[i]) << row.directory;
    }
  }
}

TEST(Catalog, GlmNeedsManyGpus) {
  const Architecture glm = catalog_model("glm-5.2-fp8");
  EXPECT_EQ(kv_block_count(glm, {.memory_gib = 80, .tensor_parallel = 16}), 326966);
  EXPECT_EQ(kv_block_count(glm, {.memory_gib = 80, .tensor_parallel = 32}), 1180166);
  EXPECT_EQ(kv_block_count(glm, {.memory_gib = 80, .tensor_parallel = 64}), 2886567);
}

struct Context {
  const char* directory;
  std::int64_t tensor_parallel, max_position_embeddings, context_tokens, blocks, max_model_len;
};

constexpr Context kContexts[] = {
    {"codellama-34b-instruct-hf", 2, 16384, 16384, 50822, 16384},
    {"deepseek-v2-lite", 1, 163840, 163840, 74312, 163840},
    {"glm-5.2-fp8", 16, 1048576, 1048576, 326966, 1048576},
    {"llama-2-7b-hf", 1, 4096, 4096, 6886, 4096},
    {"llama-3.1-70b-instruct", 4, 131072, 131072, 121801, 131072},
    {"llama-3.1-8b-instruct", 1, 131072, 131072, 26312, 131072},
    {"llama-4-scout-17b-16e-instruct-fp8-dynamic", 2, 10485760, 10485760, 27345, 437520},
    {"mistral-nemo-instruct-2407", 1, 131072, 131072, 17512, 131072},
    {"mixtral-8x7b-v0.1", 2, 32768, 32768, 48956, 32768},
    {"qwen2.5-7b-instruct", 1, 32768, 32768, 61048, 32768},
    {"qwen3-14b", 1, 40960, 40960, 15909, 40960},
    {"qwen3-30b-a3b", 1, 40960, 40960, 5276, 40960},
    {"yi-34b", 2, 4096, 4096, 40001, 4096},
};

TEST(Catalog, ContextLengthsFollowRopeScaling) {
  for (const Context& row : kContexts) {
    const Architecture model = catalog_model(row.directory);
    EXPECT_EQ(model.max_position_embeddings, row.max_position_embeddings) << row.directory;
    EXPECT_EQ(model.context_tokens, row.context_tokens) << row.directory;
    EXPECT_EQ(kv_block_count(model, {.memory_gib = 80, .tensor_parallel = row.tensor_parallel}),
              row.blocks)
        << row.directory;
  }
}

}  // namespace
}  // namespace blis::model
