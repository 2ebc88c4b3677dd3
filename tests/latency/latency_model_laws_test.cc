// Laws that every latency model keeps (spec latency 18), run over the registry so that a new model
// is covered unseen.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "latency/adapter_overhead.h"
#include "latency/compute_peak.h"
#include "latency/latency_model.h"
#include "latency/layer_split.h"
#include "testing/catalog_models.h"
#include "testing/step_batches.h"

namespace blis::latency {
namespace {

using testing::BatchSpec;
using testing::catalog_gpu;
using testing::catalog_model;

LatencyConfig shipped(const LatencyModelEntry& entry, std::int64_t tensor_parallel) {
  LatencyConfig config = testing::shipped_trained_physics(tensor_parallel);
  config.backend = entry.name;
  return config;
}

RC_GTEST_PROP(EveryLatencyModel, IsPureAndTakesAtLeastOneTick, ()) {  // law 1
  const auto architecture = catalog_model(
      *rc::gen::element<std::string>("qwen3-14b", "deepseek-v2-lite", "qwen3-30b-a3b"));
  BatchSpec spec = testing::decodes(*rc::gen::inRange<std::size_t>(0, 20),
                                    *rc::gen::inRange<std::int64_t>(0, 5000));
  const auto tokens = *rc::gen::inRange<std::int64_t>(0, 3000);
  if (tokens > 0) spec.prefills = testing::prefill(tokens).prefills;
  for (const LatencyModelEntry& entry : latency_model_entries()) {
    const auto model = make_latency_model(shipped(entry, 1), architecture, catalog_gpu("H100"));
    const Micros once = model->step_time(spec.batch());
    RC_ASSERT(once >= Micros(1));
    RC_ASSERT(model->step_time(spec.batch()) == once);
    const auto twin = make_latency_model(shipped(entry, 1), architecture, catalog_gpu("H100"));
    RC_ASSERT(twin->step_time(spec.batch()) == once);
  }
}

TEST(EveryLatencyModel, IsFasterOnTwoGpus) {  // law 2, 5
  for (const LatencyModelEntry& entry : latency_model_entries()) {
    for (const BatchSpec& spec : testing::conformance_batches()) {
      const auto architecture = catalog_model("llama-3.1-8b-instruct");
      const auto gpu = catalog_gpu("H100");
      EXPECT_LT(make_latency_model(shipped(entry, 2), architecture, gpu)->step_time(spec.batch()),
                make_latency_model(shipped(entry, 1), architecture, gpu)->step_time(spec.batch()))
          << entry.name;
    }
  }
}

TEST(Roofline, FewerKvHeadsDecodeFaster) {  // law 2
  auto architecture = catalog_model("llama-2-7b-hf");
  const auto config = testing::plain_roofline(1);
  const BatchSpec spec = testing::decodes(32, 1024);
  const Micros many =
      make_latency_model(config, architecture, catalog_gpu("H100"))->step_time(spec.batch());
  architecture.num_kv_heads = 8;
  EXPECT_LT(make_latency_model(config, architecture, catalog_gpu("H100"))->step_time(spec.batch()),
            many);
}

TEST(Roofline, RequestsWithoutPlannedOutputChangeNothing) {  // law 4
  const auto model = make_latency_model(testing::plain_roofline(1), catalog_model("qwen3-14b"),
                                        catalog_gpu("H100"));
  BatchSpec spec = testing::chunk_batch();
  const Micros before = model->step_time(spec.batch());
  spec.idle_requests = 5;
  EXPECT_EQ(model->step_time(spec.batch()), before);
}

TEST(ComputePeak, TakesFp8OnlyForOneByteWeightsOnAGpuThatHasIt) {  // law 3
  model::Architecture architecture;
  architecture.activation_bytes = 2;
  const model::Gpu h100 = catalog_gpu("H100");
  EXPECT_EQ(compute_peak_tflops(architecture, h100), 989.5);
  architecture.quantized_weight_bytes = 1;
  EXPECT_EQ(compute_peak_tflops(architecture, h100), 1979.0);
  EXPECT_EQ(compute_peak_tflops(architecture, catalog_gpu("A100-80")), 312);
  architecture.quantized_weight_bytes = 0.5;
  EXPECT_EQ(compute_peak_tflops(architecture, h100), 989.5);
}

TEST(LayerSplit, InterleavesMoeLayersAsTheCoefficientsAssume) {
  model::Architecture architecture;
  architecture.num_layers = 48;
  EXPECT_EQ(split_layers(architecture).dense, 48);
  architecture.num_experts = 16;
  EXPECT_EQ(split_layers(architecture).moe, 48);
  architecture.interleave_moe_step = 1;
  EXPECT_EQ(split_layers(architecture).moe, 24);
  architecture.interleave_moe_step = 2;
  EXPECT_EQ(split_layers(architecture).moe, 16);
  architecture.interleave_moe_step = 47;
  EXPECT_EQ(split_layers(architecture).moe, 1);
  architecture.interleave_moe_step = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(split_layers(architecture).moe, 0);
  architecture.interleave_moe_step = -1;
  EXPECT_EQ(split_layers(architecture).moe, 48);
}

TEST(AdapterOverhead, ScalesTheIntegerStep) {  // law 14; spec latency 12.3
  EXPECT_EQ(with_adapter_overhead(Micros(15422), 1.02), Micros(15730));
  EXPECT_EQ(with_adapter_overhead(Micros(15422), 1.0), Micros(15422));
  EXPECT_EQ(with_adapter_overhead(Micros(15422), 0.5), Micros(15422));
  EXPECT_EQ(with_adapter_overhead(Micros(15422), std::numeric_limits<double>::quiet_NaN()),
            Micros(15422));
  EXPECT_EQ(with_adapter_overhead(Micros(15422), std::numeric_limits<double>::infinity()),
            Micros(15422));
  EXPECT_EQ(with_adapter_overhead(Micros(1), 1.5), Micros(1));
  EXPECT_EQ(with_adapter_overhead(Micros::max(), 2.0), Micros::max());
}

// Whoever else is in the batch, the weights are read once: a mixed step takes less than its halves
// one after the other.
RC_GTEST_PROP(Roofline, MixedStepsLoadTheWeightsOnce, ()) {  // law 2
  const auto architecture = catalog_model(
      *rc::gen::element<std::string>("qwen3-14b", "deepseek-v2-lite", "llama-3.1-8b-instruct"));
  const auto model =
      make_latency_model(testing::plain_roofline(1), architecture, catalog_gpu("H100"));
  const BatchSpec decoding = testing::decodes(*rc::gen::inRange<std::size_t>(1, 20),
                                              *rc::gen::inRange<std::int64_t>(1, 3000));
  BatchSpec mixed = decoding;
  mixed.prefills = testing::prefill(*rc::gen::inRange<std::int64_t>(1, 3000)).prefills;
  BatchSpec prefilling;
  prefilling.prefills = mixed.prefills;
  const auto us = [&](const BatchSpec& spec) { return model->step_time(spec.batch()).count(); };
  RC_ASSERT(us(mixed) < us(decoding) + us(prefilling));
  RC_ASSERT(us(mixed) >= us(decoding));
}

RC_GTEST_PROP(TrainedPhysicsTimes, QueueingIsTheSameForEveryRequest, ()) {  // law 5
  LatencyConfig config = testing::shipped_trained_physics(1);
  config.alpha[0] = *rc::gen::inRange(0, 50'000) / 3.0;
  const auto model = make_latency_model(config, catalog_model("qwen3-14b"), catalog_gpu("H100"));
  const auto prompt = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  RC_ASSERT(model->queueing_time(prompt) == Micros::truncate(config.alpha[0]));
}

}  // namespace
}  // namespace blis::latency
