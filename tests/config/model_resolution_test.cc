// From flags to a resolved model: precedence, order of mistakes, derived values (spec latency 9,
// 10, cli 11).

#include "config/model_resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "testing/catalog_models.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::AllOf;
using testing::catalog_path;
using ::testing::HasSubstr;
using ::testing::Not;

ModelSettings qwen() {
  ModelSettings settings;
  settings.defaults_file = catalog_path("defaults.yaml");
  settings.model = "Qwen/Qwen3-14B";
  return settings;
}

ModelSettings mixtral() {
  ModelSettings settings = qwen();
  settings.model = "mistralai/mixtral-8x7b-v0.1";
  settings.hardware = "H100";
  settings.tensor_parallel = 2;
  return settings;
}

ResolvedModel resolve(const ModelSettings& settings, Diagnostics* diagnostics = nullptr) {
  Diagnostics own;
  return resolve_model(settings, {}, diagnostics != nullptr ? *diagnostics : own);
}

std::string refusal(ModelSettings settings, const std::function<void(ModelSettings&)>& change) {
  change(settings);
  try {
    (void)resolve(settings);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> kinds(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const auto& entry : diagnostics.entries()) result.push_back(entry.kind);
  return result;
}

TEST(ModelResolution, AModelNameIsEnoughForAKnownModel) {
  Diagnostics diagnostics;
  const ResolvedModel model = resolve(qwen(), &diagnostics);
  EXPECT_EQ(model.name, "qwen/qwen3-14b");
  EXPECT_EQ(model.gpu_type, "H100");
  EXPECT_EQ(model.gpu.tflops_peak, 989.5);
  EXPECT_EQ(model.latency.backend, "trained-physics");
  EXPECT_EQ(model.latency.tensor_parallel, 1);
  EXPECT_EQ(model.latency.alpha[0], 15563.199579);
  EXPECT_EQ(model.latency.beta.size(), 11U);
  EXPECT_EQ(model.total_kv_blocks, 15909);
  EXPECT_TRUE(model.kv_blocks_follow_gpu_memory);
  EXPECT_EQ(model.max_model_len_tokens, 40960);
  EXPECT_EQ(model.presets.size(), 4U);
  EXPECT_THAT(kinds(diagnostics), AllOf(::testing::Contains(HasSubstr("--tp")),
                                        ::testing::Contains(HasSubstr("--hardware"))));
}

TEST(ModelResolution, FlagsBeatTheDefaultsFile) {
  ModelSettings settings = qwen();
  settings.hardware = "L40S";
  settings.tensor_parallel = 2;
  const ResolvedModel model = resolve(settings);
  EXPECT_EQ(model.gpu_type, "L40S");
  EXPECT_EQ(model.total_kv_blocks, 42755);
  EXPECT_EQ(model.latency.tensor_parallel, 2);
}

TEST(ModelResolution, RooflineRunsWithoutCoefficients) {
  ModelSettings settings = qwen();
  settings.latency_model = "roofline";
  const ResolvedModel model = resolve(settings);
  EXPECT_EQ(model.latency.alpha, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(model.total_kv_blocks, 15909);
  EXPECT_THAT(refusal(settings,
                      [](ModelSettings& s) {
                        s.alpha = {1, 2, 3};
                        s.beta = {1, 2, 3};
                      }),
              HasSubstr("roofline"));
}

TEST(ModelResolution, CoefficientsComeInPairsAndAreChecked) {
  EXPECT_THAT(refusal(qwen(),
                      [](ModelSettings& s) {
                        s.alpha = {1, 2, 3};
                      }),
              HasSubstr("go together"));
  EXPECT_THAT(refusal(qwen(),
                      [](ModelSettings& s) {
                        s.beta = {1, 2, 3};
                      }),
              HasSubstr("go together"));
  EXPECT_THAT(refusal(qwen(),
                      [](ModelSettings& s) {
                        s.alpha = {1, -2, 3};
                        s.beta = {1};
                      }),
              AllOf(HasSubstr("--alpha-coeffs"), HasSubstr("-2")));
  EXPECT_THAT(refusal(qwen(),
                      [](ModelSettings& s) {
                        s.alpha = {1, 2, 3};
                        s.beta = {std::nan("")};
                      }),
              HasSubstr("--beta-coeffs"));
}

TEST(ModelResolution, GivenBetasMayBeShortOrZeroUntilTheModelIsBuilt) {
  ModelSettings settings = qwen();
  settings.alpha = {1, 2, 3};
  settings.beta = {0, 0, 0};
  const ResolvedModel model = resolve(settings);
  EXPECT_EQ(model.latency.beta.size(), 3U);
  EXPECT_THROW((void)latency::make_latency_model(model.latency, model.architecture, model.gpu),
               ConfigError);
}

/// A defaults file without the shipped coefficients, beside the shipped catalogue's other files.
ModelSettings with_defaults(const testing::TemporaryFolder& folder, const std::string& yaml) {
  ModelSettings settings = qwen();
  settings.defaults_file = folder.write("defaults.yaml", yaml);
  settings.model_config_folder = catalog_path("model_configs/qwen3-14b");
  settings.hardware_config = catalog_path("hardware_config.json");
  settings.hardware = "H100";
  settings.tensor_parallel = 1;
  return settings;
}

TEST(ModelResolution, TrainedPhysicsNeedsBetasFromSomewhere) {
  const testing::TemporaryFolder folder;
  const auto nothing = [](ModelSettings&) {};
  EXPECT_THAT(refusal(with_defaults(folder, "version: x\n"), nothing), HasSubstr("beta_coeffs"));
  EXPECT_THAT(refusal(with_defaults(
                          folder, "trained_physics_coefficients: {beta_coeffs: [0,0,0,0,0,0,0]}\n"),
                      nothing),
              HasSubstr("not all zero"));
  EXPECT_THAT(
      refusal(with_defaults(folder, "trained_physics_coefficients: {beta_coeffs: [1,1,1]}\n"),
              nothing),
      HasSubstr("at least 7"));
  Diagnostics diagnostics;
  (void)resolve(
      with_defaults(
          folder,
          "trained_physics_coefficients: {alpha_coeffs: [0,0,0], beta_coeffs: [1,0,0,0,0,0,0]}\n"),
      &diagnostics);
  EXPECT_THAT(kinds(diagnostics), ::testing::Contains(HasSubstr("alpha")));
}

TEST(ModelResolution, ReportsWhatIsMissing) {
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.model = ""; }), HasSubstr("--model"));
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.defaults_file = "/nonexistent.yaml"; }),
              HasSubstr("/nonexistent.yaml"));
  EXPECT_THAT(refusal(mixtral(),
                      [](ModelSettings& s) {
                        s.hardware = "";
                        s.tensor_parallel = 0;
                      }),
              AllOf(HasSubstr("--hardware (GPU type)"), HasSubstr("--tp (tensor parallelism)")));
  EXPECT_THAT(refusal(mixtral(), [](ModelSettings& s) { s.tensor_parallel = -1; }),
              AllOf(HasSubstr("--tp"), Not(HasSubstr("--hardware"))));
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.hardware = "H900"; }),
              AllOf(HasSubstr("H900"), HasSubstr("A100-80, A100-SXM, H100, L40S")));
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.latency_model = "blackbox"; }),
              AllOf(HasSubstr("unknown backend"), HasSubstr("blackbox")));
  const testing::TemporaryFolder folder;
  EXPECT_THAT(refusal(with_defaults(
                          folder, "trained_physics_coefficients: {beta_coeffs: [1,1,1,1,1,1,1]}\n"),
                      [](ModelSettings& s) { s.hardware_config = ""; }),
              HasSubstr("--hardware-config"));
}

TEST(ModelResolution, ChecksUtilizationAndBlockSizeBeforeFiles) {
  for (const double bad : {0.0, 1.5, std::nan("")}) {
    EXPECT_THAT(refusal(qwen(),
                        [bad](ModelSettings& s) {
                          s.memory_utilization_ratio = bad;
                          s.hardware = "H900";
                        }),
                HasSubstr("--gpu-memory-utilization"));
  }
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.block_size_tokens = 0; }),
              HasSubstr("--block-size-in-tokens"));
}

TEST(ModelResolution, AnEmptyBackendSkipsTheFilesAndFailsWhenBuilt) {
  ModelSettings settings = qwen();
  settings.latency_model = "";
  const ResolvedModel model = resolve(settings);
  EXPECT_EQ(model.total_kv_blocks, 1'000'000);
  EXPECT_EQ(model.max_model_len_tokens, 0);
  EXPECT_THROW((void)latency::make_latency_model(model.latency, model.architecture, model.gpu),
               ConfigError);
}

TEST(ModelResolution, AnExplicitBlockCountIsKept) {
  ModelSettings settings = qwen();
  settings.total_kv_blocks = 100;
  Diagnostics diagnostics;
  const ResolvedModel model = resolve(settings, &diagnostics);
  EXPECT_EQ(model.total_kv_blocks, 100);
  EXPECT_FALSE(model.kv_blocks_follow_gpu_memory);
  EXPECT_EQ(model.max_model_len_tokens, 1600);  // what 100 blocks hold
  EXPECT_THAT(kinds(diagnostics), ::testing::Contains(HasSubstr("max-model-len")));
}

TEST(ModelResolution, AnExplicitLengthIsCappedToo) {
  ModelSettings settings = qwen();
  settings.max_model_len_tokens = 1'000'000;
  EXPECT_EQ(resolve(settings).max_model_len_tokens, 15909 * 16);
  settings.max_model_len_tokens = 15909 * 16;
  EXPECT_EQ(resolve(settings).max_model_len_tokens, 15909 * 16);
  settings.max_model_len_tokens = 0;
  EXPECT_EQ(resolve(settings).max_model_len_tokens, 0);
  EXPECT_THAT(refusal(settings, [](ModelSettings& s) { s.max_model_len_tokens = -1; }),
              HasSubstr("--max-model-len"));
}

TEST(ModelResolution, ScoutsLengthIsWhatItsBlocksHold) {
  ModelSettings settings = qwen();
  settings.model = "redhatai/llama-4-scout-17b-16e-instruct-fp8-dynamic";
  const ResolvedModel model = resolve(settings);
  EXPECT_EQ(model.total_kv_blocks, 27345);
  EXPECT_EQ(model.max_model_len_tokens, 437520);
}

TEST(ModelResolution, UnknownMemoryKeepsTheFlagsDefault) {
  const testing::TemporaryFolder folder;
  ModelSettings settings = qwen();
  settings.hardware_config =
      folder.write("hw.json", R"({"H100": {"TFlopsPeak": 1, "BwPeakTBs": 1}})");
  Diagnostics diagnostics;
  const ResolvedModel model = resolve(settings, &diagnostics);
  EXPECT_EQ(model.total_kv_blocks, 1'000'000);
  EXPECT_TRUE(model.kv_blocks_follow_gpu_memory);
  EXPECT_THAT(kinds(diagnostics), ::testing::Contains(HasSubstr("MemoryGiB")));
}

TEST(ModelResolution, UnknownExpertTotalsKeepTheFlagsDefault) {
  const testing::TemporaryFolder folder;
  ModelSettings settings = qwen();
  settings.model_config_folder = folder.write(
      "config.json",
      R"({"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "vocab_size": 10,
                         "intermediate_size": 8, "torch_dtype": "bfloat16", "num_experts_per_tok": 2})");
  Diagnostics diagnostics;
  const ResolvedModel model = resolve(settings, &diagnostics);
  EXPECT_EQ(model.total_kv_blocks, 1'000'000);
  EXPECT_FALSE(model.kv_blocks_follow_gpu_memory);
  EXPECT_THAT(kinds(diagnostics), ::testing::Contains(HasSubstr("KV blocks are not calculated")));
}

TEST(ModelResolution, AModelThatDoesNotFitIsAnError) {
  EXPECT_THAT(refusal(mixtral(), [](ModelSettings& s) { s.tensor_parallel = 1; }),
              HasSubstr("Minimum GPUs required per instance: 2"));
}

TEST(ModelResolution, TheNameFillsInTheWeightPrecision) {
  ModelSettings settings = qwen();
  settings.model = "redhatai/phi-4-quantized.w4a16";
  settings.model_config_folder = catalog_path("model_configs/qwen3-14b");
  EXPECT_EQ(resolve(settings).architecture.weight_bytes(), 0.5);
}

TEST(ModelResolution, ReservesMemoryForAdapters) {
  const testing::TemporaryFolder folder;
  ModelSettings settings = qwen();
  settings.lora.config_file = folder.write(
      "lora.yaml", "lora: {adapter_capacity: 8, adapters: [{id: a, rank: 32, base_model: m}]}\n");
  const ResolvedModel model = resolve(settings);
  EXPECT_EQ(model.total_kv_blocks, 15714);
  EXPECT_EQ(model.declared_adapters, (workload::DeclaredAdapters{{"a", "m"}}));
  settings.total_kv_blocks = 15909;
  Diagnostics diagnostics;
  EXPECT_EQ(resolve(settings, &diagnostics).total_kv_blocks, 15909);
  EXPECT_THAT(kinds(diagnostics), ::testing::Contains(HasSubstr("LoRA")));
}

TEST(ModelResolution, ParallelismNeedsExpertsAndTrainedPhysics) {
  EXPECT_EQ(refusal(mixtral(), [](ModelSettings& s) { s.data_parallel = 2; }), "");
  EXPECT_EQ(refusal(mixtral(), [](ModelSettings& s) { s.enable_expert_parallel = true; }), "");
  EXPECT_THAT(refusal(mixtral(), [](ModelSettings& s) { s.data_parallel = 0; }),
              HasSubstr("data parallel"));
  EXPECT_THAT(refusal(mixtral(),
                      [](ModelSettings& s) {
                        s.total_kv_blocks = 1000;
                        s.data_parallel = 0;
                      }),
              HasSubstr("--dp"));
  EXPECT_THAT(refusal(mixtral(),
                      [](ModelSettings& s) {
                        s.data_parallel = 2;
                        s.latency_model = "roofline";
                      }),
              AllOf(HasSubstr("--dp"), HasSubstr("trained-physics")));
  EXPECT_THAT(refusal(mixtral(),
                      [](ModelSettings& s) {
                        s.enable_expert_parallel = true;
                        s.latency_model = "roofline";
                      }),
              HasSubstr("--enable-expert-parallel"));
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.data_parallel = 2; }),
              HasSubstr("--num-instances"));
  EXPECT_THAT(refusal(qwen(), [](ModelSettings& s) { s.enable_expert_parallel = true; }),
              HasSubstr("mixture-of-experts"));
}

TEST(ModelResolution, CommBackendsAreNamedAndPossiblyInert) {
  EXPECT_THAT(refusal(mixtral(), [](ModelSettings& s) { s.moe_comm_backend = "nccl"; }),
              AllOf(HasSubstr("nccl"), HasSubstr("naive, allgather_reducescatter, pplx")));
  EXPECT_THAT(refusal(mixtral(),
                      [](ModelSettings& s) {
                        s.moe_comm_backend = "pplx";
                        s.latency_model = "roofline";
                      }),
              HasSubstr("--moe-comm-backend"));
  Diagnostics diagnostics;
  ModelSettings settings = mixtral();
  settings.moe_comm_backend = "pplx";
  (void)resolve(settings, &diagnostics);
  EXPECT_THAT(kinds(diagnostics), ::testing::Contains(HasSubstr("no effect")));
}

TEST(ModelResolution, DataParallelRanksMultiplyTheBlocks) {
  ModelSettings settings = mixtral();
  settings.data_parallel = 2;
  EXPECT_EQ(resolve(settings).total_kv_blocks, 2 * 48956);
}

TEST(PoolResolution, WithoutOverridesIsTheGlobalModel) {
  const ResolvedModel model = resolve(qwen());
  Diagnostics diagnostics;
  const PoolModel pool = resolve_pool(model, {}, diagnostics);
  EXPECT_EQ(pool.gpu_type, "H100");
  EXPECT_EQ(pool.total_kv_blocks, 15909);
  EXPECT_EQ(pool.max_model_len_tokens, 40960);
  EXPECT_TRUE(diagnostics.entries().empty());
}

TEST(PoolResolution, AnotherDegreeOrGpuRecalculatesBlocks) {
  const ResolvedModel model = resolve(qwen());
  Diagnostics diagnostics;
  PoolSettings settings;
  settings.tensor_parallel = 2;
  EXPECT_EQ(resolve_pool(model, settings, diagnostics).total_kv_blocks, 89941);
  EXPECT_EQ(resolve_pool(model, settings, diagnostics).latency.tensor_parallel, 2);
  settings.hardware = "L40S";
  settings.latency_model = "roofline";
  const PoolModel pool = resolve_pool(model, settings, diagnostics);
  EXPECT_EQ(pool.total_kv_blocks, 42755);
  EXPECT_EQ(pool.gpu_type, "L40S");
  EXPECT_EQ(pool.latency.backend, "roofline");
  EXPECT_EQ(pool.latency.alpha[0], 15563.199579);  // shared by both backends: spec latency BUG-3
}

TEST(PoolResolution, AnExplicitGlobalCountIsOverridden) {
  ModelSettings global = qwen();
  global.total_kv_blocks = 5000;
  const ResolvedModel model = resolve(global);
  Diagnostics diagnostics;
  PoolSettings settings;
  settings.tensor_parallel = 2;
  EXPECT_EQ(resolve_pool(model, settings, diagnostics).total_kv_blocks, 89941);
}

TEST(PoolResolution, LowersTheLengthUnlessItWasGiven) {
  ModelSettings global = qwen();
  global.model = "redhatai/llama-4-scout-17b-16e-instruct-fp8-dynamic";
  global.tensor_parallel = 4;
  const ResolvedModel model = resolve(global);
  EXPECT_EQ(model.max_model_len_tokens, 249660 * 16);
  Diagnostics diagnostics;
  PoolSettings settings;
  settings.tensor_parallel = 2;
  EXPECT_EQ(resolve_pool(model, settings, diagnostics).max_model_len_tokens, 27345 * 16);
  settings.max_model_len_tokens = 9'000'000;
  EXPECT_EQ(resolve_pool(model, settings, diagnostics).max_model_len_tokens, 9'000'000);
  ModelSettings unlimited = global;
  unlimited.max_model_len_tokens = 0;
  settings.max_model_len_tokens.reset();
  EXPECT_EQ(resolve_pool(resolve(unlimited), settings, diagnostics).max_model_len_tokens, 0);
}

TEST(PoolResolution, AnUnknownGpuKeepsTheGlobalBlocks) {
  const ResolvedModel model = resolve(qwen());
  Diagnostics diagnostics;
  PoolSettings settings;
  settings.hardware = "B300";
  EXPECT_EQ(resolve_pool(model, settings, diagnostics).total_kv_blocks, 15909);
  EXPECT_EQ(diagnostics.entries().size(), 1U);
}

TEST(PoolResolution, APoolThatDoesNotFitIsAnError) {
  ModelSettings global = mixtral();
  const ResolvedModel model = resolve(global);
  Diagnostics diagnostics;
  PoolSettings settings;
  settings.tensor_parallel = 1;
  EXPECT_THROW((void)resolve_pool(model, settings, diagnostics), ConfigError);
}

}  // namespace
}  // namespace blis::config
