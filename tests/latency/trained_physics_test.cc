// trained-physics against a literal implementation that walks the batch, and its laws (spec latency
// 8, 18).

#include "latency/trained_physics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>

#include "latency/expert_placement.h"
#include "latency/latency_model.h"
#include "latency/layer_split.h"
#include "latency/moe_comm.h"
#include "testing/catalog_models.h"
#include "testing/step_batches.h"

namespace blis::latency {
namespace {

using testing::BatchSpec;
using testing::catalog_gpu;
using testing::catalog_model;
using testing::decodes;
using testing::prefill;
using testing::shipped_trained_physics;

double real(std::int64_t value) { return static_cast<double>(value); }

/// The formulas of the spec, symbol by symbol, with nothing stored and every request visited.
std::int64_t literal_step_us(const LatencyConfig& config, const model::Architecture& m,
                             const model::Gpu& gpu, const BatchSpec& spec) {
  const std::size_t requests = spec.prefills.size() + spec.decode_contexts.size() +
                               static_cast<std::size_t>(spec.idle_requests);
  if (requests == 0) return 1;
  const auto beta = [&](std::size_t i) { return i < config.beta.size() ? config.beta[i] : 0.0; };
  const LayerSplit split = split_layers(m);
  const double L = real(m.num_layers), LM = real(split.moe), LD = real(split.dense);
  const double d = real(m.hidden_dim), TP = real(config.tensor_parallel),
               DP = real(config.data_parallel);
  const double q = real(m.hidden_dim / m.num_heads);
  const double g = real(m.kv_heads() * (m.hidden_dim / m.num_heads));
  const double h = real(m.num_heads) / TP, Z = TP * DP;
  const double F = real(m.intermediate_dim);
  const double FM = m.expert_ffn_dim > 0 ? real(m.expert_ffn_dim) : F;
  const double FD = m.dense_ffn_dim > 0 ? real(m.dense_ffn_dim) : F;
  const double Fs = real(m.shared_ffn_dim), k = std::max(1.0, real(m.experts_per_token));
  const double ba = m.activation_bytes, bw = m.weight_bytes();
  const double G = m.is_moe() ? TP * DP : TP;
  const double peak = (bw == 1.0 && gpu.tflops_fp8 > 0 ? gpu.tflops_fp8 : gpu.tflops_peak) * 1e6;
  const double band = gpu.bandwidth_tb_per_s * 1e6;

  double Tp = 0, A = 0, Td = 0, Sp = 0;
  for (const PrefillChunk& chunk : spec.prefills) {
    const double n = real(chunk.new_tokens), s = real(chunk.prompt_tokens);
    Tp += n;
    A += 4 * h * n * (s + n / 2) * q;
  }
  for (const std::int64_t p : spec.decode_contexts) {
    Td += 1;
    Sp += real(p);
  }
  const double N = Tp + Td;
  const auto ffn = [&](double T) {
    double x = 0;
    if (LM > 0) {
      x += LM * (T * k / G) * 6 * d * FM;
      x += Fs == 0 ? 0 : LM * T * 6 * d * Fs / Z;
    }
    if (LD > 0) x += LD * T * 6 * d * FD / Z;
    return x;
  };
  const double Xpc =
      Tp == 0 ? 0 : ((L * 2 * Tp * d * (2 * d + 2 * g) / Z + L * A / DP) + ffn(Tp)) / peak;
  const double Xpk = Tp == 0 ? 0 : (L * 2 * (g / Z) * Tp * 2) / band;
  const double Xdc =
      Td == 0 ? 0
              : ((L * 2 * Td * d * (2 * d + 2 * g) / Z + L * 4 * h * Sp * q / DP) + ffn(Td)) / peak;
  const double Xdk = Td == 0 ? 0 : (L * 2 * (g / Z) * 2 * (Sp + Td)) / band;

  const double wa = L * d * (2 * d + 2 * g) * bw / TP;
  double wf = 0;
  if (LM > 0) {
    wf += LM * (real(m.num_experts) / G) * 3 * d * FM * bw;
    if (Fs > 0) wf += LM * 3 * d * Fs * bw / TP;
  }
  if (LD > 0) wf += LD * 3 * d * FD * bw / TP;
  const double Xw = (wa + wf) / band;

  const auto AR = [&](double u) {
    return TP <= 1 ? 0 : u * N * d * ba * 2 * ((TP - 1) / TP) / band;
  };
  const double Xta = AR(L) / DP, Xtf = AR(LD) / DP;
  const double Xmr = m.is_moe() && LM > 0 && DP == 1 && TP > 1 ? AR(LM) : 0;
  double Xmd = 0;
  if (m.is_moe() && DP > 1) {
    const bool gather =
        find_moe_comm_backend(config.moe_comm_backend)->family == MoeCommFamily::kAllGather;
    const double Q = (N / DP) * k * (G - 1) / G * 2;
    Xmd = (gather ? (N / DP) * (G - 1) / G * 2 * d * ba / band : Q * d * ba / band) * LM;
  }

  const std::size_t given = config.beta.size();
  const double pre = given >= 9 ? beta(0) * Xpc + beta(8) * Xpk : beta(0) * std::max(Xpc, Xpk);
  const double dec = given >= 10 ? beta(1) * Xdc + beta(9) * Xdk : beta(1) * std::max(Xdc, Xdk);
  const double bep = given >= 11 ? beta(10) : beta(3);
  const double i = m.is_moe() && m.interleave_moe_step > 0 ? 1 : 0;
  const double us = pre + dec + beta(2) * Xw + beta(3) * (Xta + Xtf + Xmr) + bep * Xmd +
                    beta(4) * L + beta(5) * real(static_cast<std::int64_t>(requests)) + beta(6) +
                    beta(7) * i * LM;
  return std::max(Micros(1), Micros::truncate(us)).count();
}

BatchSpec random_batch() {
  BatchSpec spec;
  const auto prefills = *rc::gen::inRange(0, 6);
  for (int i = 0; i < prefills; ++i) {
    const auto prompt = *rc::gen::inRange<std::int64_t>(1, 200'000);
    const auto progress = *rc::gen::inRange<std::int64_t>(0, prompt);
    const auto tokens =
        *rc::gen::inRange<std::int64_t>(1, std::min<std::int64_t>(prompt - progress, 16384) + 1);
    spec.prefills.push_back(
        {.progress_tokens = progress, .new_tokens = tokens, .prompt_tokens = prompt});
  }
  const auto decoding = *rc::gen::inRange(0, 40);
  for (int i = 0; i < decoding; ++i) {
    spec.decode_contexts.push_back(*rc::gen::inRange<std::int64_t>(0, 200'000));
  }
  spec.idle_requests = *rc::gen::inRange<std::int64_t>(0, 3);
  return spec;
}

struct Setup {
  model::Architecture architecture;
  LatencyConfig config;
  std::unique_ptr<LatencyModel> model;
};

Setup random_setup(std::size_t fewest_betas = 7) {
  // The catalogue's shapes cover dense, MoE, shared experts, interleaving and FP8.
  constexpr std::array<const char*, 6> kModels = {
      "qwen3-14b",        "mixtral-8x7b-v0.1",
      "deepseek-v2-lite", "llama-4-scout-17b-16e-instruct-fp8-dynamic",
      "glm-5.2-fp8",      "llama-3.1-8b-instruct"};
  Setup setup;
  setup.architecture = catalog_model(*rc::gen::elementOf(kModels));
  setup.config = shipped_trained_physics(*rc::gen::element<std::int64_t>(1, 2, 4, 8));
  if (setup.architecture.is_moe()) {
    setup.config.data_parallel = *rc::gen::element<std::int64_t>(1, 3, 5, 7);
    setup.config.moe_comm_backend = *rc::gen::element<std::string>("", "naive", "pplx");
  }
  // Coefficients that make every term count; the large ones bring the last bits of a step above the
  // microsecond.
  const double scale = *rc::gen::element(1e-3, 1e8, 1e9);
  for (double& beta : setup.config.beta) beta = *rc::gen::inRange(0, 2000) * scale;
  setup.config.beta.resize(*rc::gen::inRange<std::size_t>(fewest_betas, 12));
  setup.model = make_latency_model(setup.config, setup.architecture, catalog_gpu("H100"));
  return setup;
}

RC_GTEST_PROP(TrainedPhysics, SumsGiveTheBitsOfTheWalkOverTheBatch, ()) {
  const Setup setup = random_setup();
  for (int i = 0; i < 10; ++i) {
    const BatchSpec spec = random_batch();
    RC_ASSERT(setup.model->step_time(spec.batch()).count() ==
              literal_step_us(setup.config, setup.architecture, catalog_gpu("H100"), spec));
  }
}

RC_GTEST_PROP(TrainedPhysics, OrderOfRequestsDoesNotMatter, ()) {  // laws 1, 5
  const Setup setup = random_setup();
  BatchSpec spec = random_batch();
  const Micros before = setup.model->step_time(spec.batch());
  std::reverse(spec.prefills.begin(), spec.prefills.end());
  std::reverse(spec.decode_contexts.begin(), spec.decode_contexts.end());
  RC_ASSERT(setup.model->step_time(spec.batch()) == before);
  RC_ASSERT(before >= Micros(1));
}

RC_GTEST_PROP(TrainedPhysics, NeverFallsWithWork, ()) {  // law 5
  const Setup setup = random_setup();
  const BatchSpec spec = random_batch();
  const Micros before = setup.model->step_time(spec.batch());
  BatchSpec more_decodes = spec;
  more_decodes.decode_contexts.push_back(100);
  RC_ASSERT(setup.model->step_time(more_decodes.batch()) >= before);
  BatchSpec more_prefill = spec;
  more_prefill.prefills.push_back({.progress_tokens = 0, .new_tokens = 10, .prompt_tokens = 10});
  RC_ASSERT(setup.model->step_time(more_prefill.batch()) >= before);
  if (!spec.decode_contexts.empty()) {
    BatchSpec more_context = spec;
    more_context.decode_contexts.back() += 1000;
    RC_ASSERT(setup.model->step_time(more_context.batch()) >= before);
  }
}

TEST(TrainedPhysics, GrowsWithPrefillsDecodesAndContext) {  // law 5
  const auto model = make_latency_model(shipped_trained_physics(1), catalog_model("qwen3-14b"),
                                        catalog_gpu("H100"));
  const auto us = [&](const BatchSpec& spec) { return model->step_time(spec.batch()).count(); };
  EXPECT_LT(us(prefill(100)), us(prefill(200)));
  EXPECT_LT(us(prefill(200)), us(prefill(400)));
  EXPECT_LT(us(decodes(1, 100)), us(decodes(4, 100)));
  EXPECT_LT(us(decodes(4, 100)), us(decodes(8, 100)));
  EXPECT_LT(us(decodes(8, 50)), us(decodes(8, 100)));
  EXPECT_LT(us(decodes(8, 100)), us(decodes(8, 200)));
  const auto two_gpus = make_latency_model(shipped_trained_physics(2), catalog_model("qwen3-14b"),
                                           catalog_gpu("H100"));
  EXPECT_LT(two_gpus->step_time(decodes(8, 100).batch()).count(), us(decodes(8, 100)));
}

RC_GTEST_PROP(TrainedPhysics, HeadDimensionNeverChangesAStep, ()) {  // law 5
  Setup setup = random_setup();
  const BatchSpec spec = random_batch();
  setup.architecture.head_dim = *rc::gen::inRange<std::int64_t>(0, 512);
  setup.architecture.kv_lora_rank = *rc::gen::inRange<std::int64_t>(0, 512);
  const auto other = make_latency_model(setup.config, setup.architecture, catalog_gpu("H100"));
  RC_ASSERT(other->step_time(spec.batch()) == setup.model->step_time(spec.batch()));
}

RC_GTEST_PROP(TrainedPhysics, CommBackendMattersOnlyWithDataParallelism, ()) {  // law 6
  Setup setup = random_setup();
  setup.config.data_parallel = 1;
  const BatchSpec spec = random_batch();
  setup.config.moe_comm_backend = "naive";
  const auto gather = make_latency_model(setup.config, setup.architecture, catalog_gpu("H100"));
  setup.config.moe_comm_backend = "mori";
  const auto all_to_all = make_latency_model(setup.config, setup.architecture, catalog_gpu("H100"));
  RC_ASSERT(gather->step_time(spec.batch()) == all_to_all->step_time(spec.batch()));
}

RC_GTEST_PROP(TrainedPhysics, MissingDispatchCoefficientIsTheAllReduceOne, ()) {  // law 10
  Setup setup = random_setup(11);
  setup.config.beta[10] = setup.config.beta[3];
  const auto with = make_latency_model(setup.config, setup.architecture, catalog_gpu("H100"));
  setup.config.beta.resize(10);
  const auto without = make_latency_model(setup.config, setup.architecture, catalog_gpu("H100"));
  const BatchSpec spec = random_batch();
  RC_ASSERT(with->step_time(spec.batch()) == without->step_time(spec.batch()));
}

/// One coefficient at a time, so large that a term shows to six digits although steps are whole
/// microseconds.
constexpr double kMagnified = 1e6;

enum Term : std::size_t {
  kPrefillCompute = 0,
  kDecodeCompute = 1,
  kWeights = 2,
  kAllReduce = 3,
  kPrefillKv = 8,
  kDecodeKv = 9,
  kDispatch = 10
};

double term_us(Term term, const char* model, std::int64_t tensor_parallel,
               std::int64_t data_parallel, const BatchSpec& spec) {
  LatencyConfig config = shipped_trained_physics(tensor_parallel, data_parallel);
  std::fill(config.beta.begin(), config.beta.end(), 0.0);
  config.beta[term] = kMagnified;
  const auto latency = make_latency_model(config, catalog_model(model), catalog_gpu("H100"));
  const double magnified = real(latency->step_time(spec.batch()).count());
  return magnified <= 1 ? 0 : magnified / kMagnified;  // 1 is the least that a step takes
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * (std::abs(b) + 1e-3); }

TEST(TrainedPhysics, WorkIsSharedByAllGpusAndWeightsByTheirOwners) {  // law 8
  const BatchSpec spec = testing::chunk_batch();
  for (const Term term : {kPrefillCompute, kDecodeCompute, kPrefillKv, kDecodeKv}) {
    const double alone = term_us(term, "mixtral-8x7b-v0.1", 1, 1, spec);
    EXPECT_GT(alone, 0);
    for (const std::int64_t tensor_parallel : {1, 2, 4}) {
      for (const std::int64_t data_parallel : {1, 2}) {
        const double shared =
            term_us(term, "mixtral-8x7b-v0.1", tensor_parallel, data_parallel, spec);
        EXPECT_TRUE(near(shared * real(tensor_parallel * data_parallel), alone))
            << term << " TP" << tensor_parallel << " DP" << data_parallel;
      }
    }
  }
  const double dense_weights = term_us(kWeights, "qwen3-14b", 1, 1, spec);
  EXPECT_TRUE(near(4 * term_us(kWeights, "qwen3-14b", 4, 1, spec), dense_weights));
  // Mixtral: attention is copied to every rank, experts are not.
  const double one_rank = term_us(kWeights, "mixtral-8x7b-v0.1", 1, 1, spec);
  const double two_ranks = term_us(kWeights, "mixtral-8x7b-v0.1", 1, 2, spec);
  EXPECT_GT(two_ranks, one_rank / 2);
  EXPECT_LT(two_ranks, one_rank);
}

TEST(TrainedPhysics, WeightsDoNotDependOnTheBatch) {  // law 6
  EXPECT_EQ(term_us(kWeights, "mixtral-8x7b-v0.1", 2, 1, decodes(1, 1)),
            term_us(kWeights, "mixtral-8x7b-v0.1", 2, 1, prefill(4096)));
}

TEST(TrainedPhysics, DenseModelsReduceTwicePerLayer) {  // law 6
  // 2 L N d b_a 2 (TP - 1)/TP / bandwidth, for 40 layers, d = 5120 and 512 tokens.
  const double expected_us = 2.0 * 40 * 512 * 5120 * 2 * 2 * 0.5 / 3.35e6;
  EXPECT_TRUE(near(term_us(kAllReduce, "qwen3-14b", 2, 1, prefill(512)), expected_us));
  EXPECT_EQ(term_us(kAllReduce, "qwen3-14b", 1, 1, prefill(512)), 0);
}

TEST(TrainedPhysics, ExpertTrafficIsChargedOnce) {  // law 7
  const BatchSpec spec = prefill(512);
  const char* moe = "mixtral-8x7b-v0.1";
  // One GPU: none. Tensor parallelism alone: attention and experts reduce. Data parallelism:
  // experts dispatch instead.
  EXPECT_EQ(term_us(kAllReduce, moe, 1, 1, spec), 0);
  EXPECT_EQ(term_us(kDispatch, moe, 1, 1, spec), 0);
  EXPECT_EQ(term_us(kDispatch, moe, 2, 1, spec), 0);
  EXPECT_GT(term_us(kDispatch, moe, 2, 2, spec), 0);
  EXPECT_GT(term_us(kDispatch, moe, 1, 2, spec), 0);
  const double attention_and_experts = term_us(kAllReduce, moe, 2, 1, spec);
  const double attention_of_two_ranks = term_us(kAllReduce, moe, 2, 2, spec);
  EXPECT_TRUE(near(attention_and_experts, 4 * attention_of_two_ranks));
}

TEST(TrainedPhysics, ReadsCoefficientsInTheirPublishedOrder) {
  const std::vector<double> beta = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 99};
  const TrainedPhysicsCoefficients all = trained_physics_coefficients(beta);
  EXPECT_EQ(all.prefill_compute, 1);
  EXPECT_EQ(all.moe_layer_us, 8);
  EXPECT_EQ(all.prefill_kv, 9);
  EXPECT_EQ(all.decode_kv, 10);
  EXPECT_EQ(all.expert_dispatch, 0);  // a given 0 stays 0
  const TrainedPhysicsCoefficients ten = trained_physics_coefficients(std::span(beta).first(10));
  EXPECT_EQ(ten.expert_dispatch, 4);
  EXPECT_TRUE(ten.split_decode);
  const TrainedPhysicsCoefficients nine = trained_physics_coefficients(std::span(beta).first(9));
  EXPECT_TRUE(nine.split_prefill);
  EXPECT_FALSE(nine.split_decode);
  const TrainedPhysicsCoefficients seven = trained_physics_coefficients(std::span(beta).first(7));
  EXPECT_FALSE(seven.split_prefill);
  EXPECT_EQ(seven.moe_layer_us, 0);
}

}  // namespace
}  // namespace blis::latency
