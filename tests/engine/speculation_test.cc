#include "engine/speculation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "engine/instance.h"
#include "kv/kv_factory.h"
#include "latency/latency_model.h"
#include "testing/catalog_models.h"
#include "testing/random_engine.h"
#include "testing/step_batches.h"

namespace blis::engine {
namespace {

const RequestId kRequest(std::uint32_t{0});
const InstanceId kInstance(std::uint32_t{0});

// 1 + 0.5 + 0.25 + 0.125
TEST(ExpectedTokens, IsTheGeometricSum) {
  EXPECT_EQ(expected_tokens(0.5, 3), 1.875);
  EXPECT_EQ(expected_tokens(0, 5), 1);
  EXPECT_EQ(expected_tokens(1, 5), 6);
  EXPECT_EQ(expected_tokens(0.7, 0), 1);
}

// 1.875 a step: 1, 3.75 -> 2, 5.625 -> 2, 7.5 -> 2, 9.375 -> 2, ...
TEST(Speculation, CarriesPartsOfTokensOver) {
  Speculation speculation({.draft_tokens = 3, .acceptance_rate = 0.5}, kInstance);
  std::int64_t total = 0;
  for (int step = 1; step <= 16; ++step) {
    speculation.begin_step();
    total += speculation.make_tokens(kRequest, 3, 1000);
    EXPECT_EQ(total, static_cast<std::int64_t>(1.875 * step));
    speculation.book(kRequest);
  }
  EXPECT_EQ(speculation.counts().drafts, 16);
  EXPECT_EQ(speculation.counts().draft_tokens, 48);
  EXPECT_EQ(speculation.counts().accepted_tokens, 14);
  EXPECT_EQ(speculation.counts().mean_accepted_length(), 1.875);
}

TEST(Speculation, MakesNoMoreThanIsNeeded) {
  for (const SpeculationMode mode : {SpeculationMode::kExpected, SpeculationMode::kSampled}) {
    Speculation speculation({.draft_tokens = 4, .acceptance_rate = 1, .mode = mode}, kInstance);
    EXPECT_EQ(speculation.make_tokens(kRequest, 4, 3), 3);
    EXPECT_EQ(speculation.make_tokens(kRequest, 4, 100), 5);
    EXPECT_EQ(speculation.make_tokens(kRequest, 2, 100), 3);
    EXPECT_EQ(speculation.make_tokens(kRequest, 0, 100), 1);
  }
}

// Of 20000 draws with a = 0.6 and k = 2: 1 + 0.6 + 0.36 tokens, standard deviation 0.81, so 0.03 is
// five standard errors.
TEST(Speculation, DrawsTheExpectedNumberOfTokens) {
  Speculation speculation(
      {.draft_tokens = 2, .acceptance_rate = 0.6, .mode = SpeculationMode::kSampled}, kInstance);
  std::int64_t total = 0;
  for (int i = 0; i < 20'000; ++i) total += speculation.make_tokens(kRequest, 2, 1000);
  EXPECT_NEAR(static_cast<double>(total) / 20'000, 1.96, 0.03);
}

TEST(Speculation, DrawsDifferentlyOnEachInstanceAndEquallyInEachRun) {
  const SpeculationConfig config{
      .draft_tokens = 8, .acceptance_rate = 0.8, .mode = SpeculationMode::kSampled};
  const auto draws = [&](InstanceId instance) {
    Speculation speculation(config, instance);
    std::vector<std::int64_t> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(speculation.make_tokens(kRequest, 8, 100));
    return tokens;
  };
  EXPECT_EQ(draws(kInstance), draws(kInstance));
  EXPECT_NE(draws(kInstance), draws(InstanceId(std::uint32_t{1})));
}

// The draft takes k * c of a plain decode step; the step itself computes k + 1 tokens over contexts
// that are read once.
TEST(Speculation, CostsADraftAndAWiderStep) {
  for (const std::string backend : {"trained-physics", "roofline"}) {
    latency::LatencyConfig config = testing::shipped_trained_physics(1);
    config.backend = backend;
    const auto model = latency::make_latency_model(config, testing::catalog_model("qwen3-14b"),
                                                   testing::catalog_gpu("H100"));
    const std::vector<std::int64_t> contexts{1000, 2000};
    latency::StepBatch plain;
    plain.requests = plain.decode_requests = 2;
    plain.decode_context_tokens = 3000;
    plain.decode_contexts = contexts;
    latency::StepBatch wide = plain;
    const std::vector<std::int64_t> extra{4, 2};
    wide.extra_decode_tokens = 6;
    wide.extra_decode_attention = 4 * 1000 + 2 * 2000;
    wide.extra_decode_tokens_each = extra;
    EXPECT_GE(model->step_time(wide), model->step_time(plain)) << backend;
    // Far from six more requests: weights and contexts are read once.
    EXPECT_LT(model->step_time(wide).count(), 2 * model->step_time(plain).count()) << backend;

    Speculation speculation({.draft_tokens = 4, .acceptance_rate = 0.5, .draft_cost_ratio = 0.25},
                            kInstance);
    EXPECT_EQ(speculation.draft_time(*model, wide), model->step_time(plain)) << backend;
    EXPECT_EQ(speculation.draft_time(*model, plain), Micros()) << backend;
  }
}

/// Runs a random engine to its end.
std::string run(std::uint64_t seed, const SpeculationConfig& speculation, std::int64_t* steps) {
  testing::RandomEngine engine(seed, {.is_calm = true, .speculation = speculation});
  while (engine.advance()) {
  }
  engine.instance().finalize();
  const InstanceMetrics& m = engine.instance().metrics();
  EXPECT_EQ(m.still_queued + m.still_running, 0) << "seed " << seed;
  EXPECT_EQ(engine.instance().kv().used_blocks(), 0) << "seed " << seed;
  for (std::size_t i = 0; i < engine.requests().size(); ++i) {
    const request::Request& r = engine[i];
    if (r.state != request::RequestState::kCompleted || r.measured.length_capped) continue;
    const std::int64_t last =
        r.spec.input_tokens + std::max<std::int64_t>(r.spec.output_tokens, 1) - 1;
    EXPECT_EQ(r.progress, last) << "seed " << seed << ", request " << i;
    EXPECT_EQ(r.measured.itl_count, last - r.spec.input_tokens) << "seed " << seed;
  }
  if (steps != nullptr) *steps = m.steps;
  return engine.results();
}

TEST(SpeculativeEngine, EndsEveryAnswerWithItsLastToken) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    for (const SpeculationMode mode : {SpeculationMode::kExpected, SpeculationMode::kSampled}) {
      run(seed,
          {.draft_tokens = static_cast<std::int64_t>(seed % 5) + 1,
           .acceptance_rate = 0.7,
           .draft_cost_ratio = 0.1,
           .mode = mode},
          nullptr);
    }
  }
}

// With guesses that are always wrong, drafts cost time and make nothing; with none, nothing is
// different from an engine without speculation.
TEST(SpeculativeEngine, WithoutDraftsIsAnEngineWithoutSpeculation) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    EXPECT_EQ(run(seed, {}, nullptr),
              run(seed, {.draft_tokens = 0, .acceptance_rate = 0.9}, nullptr));
  }
}

}  // namespace
}  // namespace blis::engine
