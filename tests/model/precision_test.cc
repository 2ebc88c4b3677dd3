// Bytes per activation and weight (spec latency 2.5, 2.6).

#include "model/precision.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace blis::model {
namespace {

double bytes_of(const char* json) { return quantized_weight_bytes(nlohmann::json::parse(json)); }

TEST(Precision, KnowsTheDtypes) {
  for (const auto& [name, bytes] : std::vector<std::pair<const char*, double>>{{"float32", 4},
                                                                               {"float16", 2},
                                                                               {"bfloat16", 2},
                                                                               {"int8", 1},
                                                                               {"uint8", 1},
                                                                               {"fp8", 1},
                                                                               {"int4", 1},
                                                                               {"nf4", 1},
                                                                               {"float8_e4m3fn", 0},
                                                                               {"BFLOAT16", 0},
                                                                               {"", 0}}) {
    EXPECT_EQ(dtype_bytes(name), bytes) << name;
  }
}

TEST(Precision, BitsComeFirst) {
  EXPECT_EQ(bytes_of(R"({"bits": 4, "quant_method": "fp8"})"), 0.5);
  EXPECT_EQ(bytes_of(R"({"bits": "8"})"), 1);
  EXPECT_EQ(bytes_of(R"({"bits": "+4"})"), 0.5);
  EXPECT_EQ(bytes_of(R"({"bits": 4.9})"), 0.5);
  EXPECT_EQ(bytes_of(R"({"bits": "4.0"})"), 0);
  EXPECT_EQ(bytes_of(R"({"bits": "four", "quant_method": "FP8"})"), 1);
  EXPECT_EQ(bytes_of(R"({"bits": 0, "quant_method": "fp8"})"), 1);
  EXPECT_EQ(bytes_of(R"({"bits": -4})"), 0);
}

TEST(Precision, CompressedTensorsTakesTheFirstUsableGroup) {
  EXPECT_EQ(bytes_of(R"({"quant_method": "Compressed-Tensors", "config_groups": {
      "group_1": {"weights": {"num_bits": 8}}, "group_0": {"weights": {"num_bits": 4}}}})"),
            0.5);
  EXPECT_EQ(bytes_of(R"({"quant_method": "compressed-tensors", "config_groups": {
      "a": 3, "b": {"weights": 3}, "c": {"weights": {"num_bits": "4"}}, "d": {"weights": {"num_bits": -1}},
      "e": {"weights": {"num_bits": 2.5}}}})"),
            0.3125);
  EXPECT_EQ(bytes_of(R"({"quant_method": "compressed-tensors"})"), 0);
  EXPECT_EQ(bytes_of(R"({"quant_method": "gptq"})"), 0);
  EXPECT_EQ(bytes_of("{}"), 0);
}

TEST(Precision, NamesStateWeightBits) {
  for (const auto& [name, bytes] : std::vector<std::pair<const char*, double>>{
           {"redhatai/phi-4-quantized.w4a16", 0.5},
           {"redhatai/phi-4-quantized.w8a8", 1},
           {"org/model-w2a16", 0.25},
           {"org/model_W4A16_g128", 0.5},
           {"w4a16", 0.5},
           {"w4a16/model", 0},  // a token that ends in a slash is none
           {"org/w4a16", 0.5},
           {"org/mw4a16", 0},
           {"org/model-w4a", 0},
           {"org/model-wa16", 0},
           {"org/model-w4a16b", 0},
           {"org/model-w0a16-fp8", 1},    // the first token states nothing; the name still says fp8
           {"org/model-w0a16-w4a16", 0},  // only the first such token counts
           {"redhatai/phi-4-fp8-dynamic", 1},
           {"org/model.FP8", 1},
           {"org/model-fp8x", 0},
           {"org/xfp8", 0},
           {"fp8", 1},
           {"qwen/qwen3-14b", 0}}) {
    EXPECT_EQ(weight_bytes_from_name(name), bytes) << name;
  }
}

TEST(Precision, NameFillsInOnlyWhatTheFileLeavesOut) {
  Diagnostics diagnostics;
  Architecture a;
  a.name = "org/model-w4a16";
  a.activation_bytes = 2;
  apply_name_precision(a, diagnostics);
  EXPECT_EQ(a.quantized_weight_bytes, 0.5);
  EXPECT_EQ(diagnostics.entries().size(), 1U);

  Architecture stated = a;
  stated.quantized_weight_bytes = 1;
  apply_name_precision(stated, diagnostics);
  EXPECT_EQ(stated.quantized_weight_bytes, 1);
}

TEST(Precision, WarnsWhereThePrecisionStaysInDoubt) {
  Diagnostics diagnostics;
  Architecture a;
  a.name = "org/model";
  a.activation_bytes = 2;
  a.has_quantization_config = true;
  apply_name_precision(a, diagnostics);
  ASSERT_EQ(diagnostics.entries().size(), 1U);
  EXPECT_EQ(diagnostics.entries()[0].severity, Severity::kWarning);
  a.has_quantization_config = false;
  a.activation_bytes = 1;
  apply_name_precision(a, diagnostics);
  EXPECT_EQ(diagnostics.entries().size(), 2U);
}

RC_GTEST_PROP(Precision, NoNameCrashesTheSearch, (const std::string& name)) {
  RC_ASSERT(weight_bytes_from_name(name) >= 0);
}

}  // namespace
}  // namespace blis::model
