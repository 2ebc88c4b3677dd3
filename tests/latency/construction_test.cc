// What a latency model refuses to be built from (spec latency 1, 6.1, 8.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/error.h"
#include "latency/latency_model.h"
#include "testing/catalog_models.h"
#include "testing/step_batches.h"

namespace blis::latency {
namespace {

using ::testing::AllOf;
using testing::catalog_gpu;
using testing::catalog_model;
using ::testing::HasSubstr;
using testing::plain_roofline;
using testing::shipped_trained_physics;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

struct Inputs {
  LatencyConfig config;
  model::Architecture architecture;
  model::Gpu gpu;
};

/// The message that `change` provokes, "" if the model is built all the same.
std::string refusal(Inputs inputs, const std::function<void(Inputs&)>& change) {
  change(inputs);
  try {
    (void)make_latency_model(inputs.config, inputs.architecture, inputs.gpu);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

Inputs trained() {
  return {shipped_trained_physics(2), catalog_model("mixtral-8x7b-v0.1"), catalog_gpu("H100")};
}
Inputs roofline() {
  return {plain_roofline(2), catalog_model("mixtral-8x7b-v0.1"), catalog_gpu("H100")};
}

TEST(LatencyModelConstruction, NamesTheValidBackends) {
  for (const char* name : {"blackbox", "crossmodel", "trained-roofline", "Roofline"}) {
    EXPECT_THAT(refusal(trained(), [&](Inputs& in) { in.config.backend = name; }),
                AllOf(HasSubstr("unknown backend"), HasSubstr(name),
                      HasSubstr("roofline, trained-physics")));
  }
  EXPECT_EQ(refusal(roofline(), [](Inputs& in) { in.config.backend = ""; }), "");
  EXPECT_EQ(find_latency_model("nothing"), nullptr);
  EXPECT_EQ(find_latency_model("roofline")->name, "roofline");
}

TEST(LatencyModelConstruction, ChecksAlphasFirst) {
  for (const Inputs& inputs : {trained(), roofline()}) {
    EXPECT_THAT(refusal(inputs,
                        [](Inputs& in) {
                          in.config.alpha = {1, 2};
                        }),
                HasSubstr("at least 3"));
    EXPECT_THAT(refusal(inputs, [](Inputs& in) { in.config.alpha[1] = kNan; }), HasSubstr("NaN"));
    EXPECT_THAT(refusal(inputs, [](Inputs& in) { in.config.alpha[2] = kInf; }), HasSubstr("Inf"));
    EXPECT_THAT(refusal(inputs,
                        [](Inputs& in) {
                          in.config.alpha[0] = -1;
                          in.config.beta = {};
                        }),
                HasSubstr("non-negative"));
    EXPECT_THAT(refusal(inputs, [](Inputs& in) { in.config.data_parallel = 0; }),
                HasSubstr("data parallel"));
  }
}

TEST(LatencyModelConstruction, TrainedPhysicsNamesWhatIsWrong) {
  const auto expect = [](const std::function<void(Inputs&)>& change, const char* text) {
    EXPECT_THAT(refusal(trained(), change), HasSubstr(text));
  };
  expect([](Inputs& in) { in.config.beta.resize(6); }, "at least 7");
  expect([](Inputs& in) { in.config.moe_comm_backend = "nccl"; }, "\"nccl\"");
  expect([](Inputs& in) { in.config.tensor_parallel = 0; }, "tensor parallel degree must be > 0");
  expect([](Inputs& in) { in.architecture.num_layers = 0; }, "NumLayers");
  expect([](Inputs& in) { in.architecture.num_heads = -1; }, "NumHeads");
  expect([](Inputs& in) { in.architecture.hidden_dim = 0; }, "HiddenDim");
  expect([](Inputs& in) { in.architecture.intermediate_dim = 0; }, "IntermediateDim");
  expect([](Inputs& in) { in.config.tensor_parallel = 3; }, "divisible");
  expect([](Inputs& in) { in.config.tensor_parallel = 16; },
         "KV heads");  // 8 of them: no replication here
  expect([](Inputs& in) { in.gpu.tflops_peak = 0; }, "TFlopsPeak");
  expect([](Inputs& in) { in.gpu.bandwidth_tb_per_s = kNan; }, "BwPeakTBs");
  expect([](Inputs& in) { in.architecture.activation_bytes = 0; }, "torch_dtype");
  expect([](Inputs& in) { in.architecture.experts_per_token = 0; }, "active experts");
  expect([](Inputs& in) { in.config.beta[3] = -0.5; }, "non-negative");
  expect([](Inputs& in) { in.config.beta.push_back(kInf); },
         "Inf");  // past the 11th: unused, but checked
  EXPECT_THAT(refusal({shipped_trained_physics(1), catalog_model("qwen3-14b"), catalog_gpu("H100")},
                      [](Inputs& in) { in.config.data_parallel = 2; }),
              HasSubstr("mixture-of-experts"));
  EXPECT_EQ(refusal(trained(), [](Inputs& in) { in.gpu.mfu_prefill = 0; }),
            "");  // not used by this model
}

TEST(LatencyModelConstruction, RooflineCollectsAllComplaints) {
  EXPECT_THAT(refusal(roofline(), [](Inputs& in) { in.config.tensor_parallel = 0; }),
              HasSubstr("tensor parallel"));
  const std::string all = refusal(roofline(), [](Inputs& in) {
    in.architecture.num_heads = 0;
    in.architecture.activation_bytes = 0;
    in.architecture.experts_per_token = 9;
    in.architecture.expert_ffn_dim = -1;
    in.architecture.shared_ffn_dim = -1;
    in.gpu.mfu_decode = kInf;
    in.gpu.memory_gib = kNan;
    in.gpu.tflops_fp8 = -1;
    in.architecture.quantized_weight_bytes = kInf;
  });
  std::size_t at = 0;
  for (const char* part :
       {"num_attention_heads", "torch_dtype", "mfuDecode", "at most the number of experts",
        "moe_intermediate_size", "shared expert", "MemoryGiB", "TFlopsFP8", "bytes per weight"}) {
    const std::size_t found = all.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << " in " << all;
    at = found;
  }
  EXPECT_THAT(all, HasSubstr("; "));
  EXPECT_THAT(refusal(roofline(), [](Inputs& in) { in.architecture.experts_per_token = 0; }),
              HasSubstr("active"));
  EXPECT_THAT(refusal(roofline(), [](Inputs& in) { in.architecture.num_experts = -1; }),
              HasSubstr("number of experts"));
  EXPECT_THAT(refusal(roofline(), [](Inputs& in) { in.architecture.num_experts = 0; }),
              HasSubstr("without experts"));
}

TEST(LatencyModelConstruction, RooflineDoesNotNeedDivisibleHeads) {
  EXPECT_EQ(refusal(roofline(), [](Inputs& in) { in.config.tensor_parallel = 3; }), "");
  EXPECT_EQ(refusal(roofline(), [](Inputs& in) { in.architecture.intermediate_dim = 0; }), "");
}

}  // namespace
}  // namespace blis::latency
