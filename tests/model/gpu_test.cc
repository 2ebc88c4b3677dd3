// The hardware table (spec latency 4).

#include "model/gpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace blis::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(const std::string& json) {
  try {
    (void)parse_gpus(json, "hw.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Gpus, FieldsMatchInAnyCaseAndUnknownOnesAreIgnored) {
  const auto gpus = parse_gpus(
      R"({"X": {"_comment": "made up", "tflopspeak": 1, "TFLOPSFP8": 2.5, "bwPeakTBs": 3, "MFUPREFILL": 0.4,
          "mfuDecode": null, "memorygib": 80}, "Y": null})",
      "hw.json");
  ASSERT_EQ(gpus.size(), 2U);
  const Gpu& x = gpus.at("X");
  EXPECT_EQ(x.tflops_peak, 1);
  EXPECT_EQ(x.tflops_fp8, 2.5);
  EXPECT_EQ(x.bandwidth_tb_per_s, 3);
  EXPECT_EQ(x.mfu_prefill, 0.4);
  EXPECT_EQ(x.mfu_decode, 0);
  EXPECT_EQ(x.memory_gib, 80);
  EXPECT_EQ(gpus.at("Y").tflops_peak, 0);
}

TEST(Gpus, OfTwoSpellingsTheLastWins) {
  EXPECT_EQ(parse_gpus(R"({"X": {"tflopspeak": 1, "TFlopsPeak": 2}})", "f").at("X").tflops_peak, 2);
  EXPECT_EQ(parse_gpus(R"({"X": {"TFlopsPeak": 1, "TFLOPSPEAK": 2}})", "f").at("X").tflops_peak, 2);
}

TEST(Gpus, RefusesOtherShapes) {
  EXPECT_THAT(refusal("[]"), HasSubstr("array"));
  EXPECT_THAT(refusal("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(R"({"_comment": "x"})"),
              AllOf(HasSubstr("hw.json"), HasSubstr("_comment"), HasSubstr("string")));
  EXPECT_THAT(refusal(R"({"X": {"TFlopsPeak": "989"}})"),
              AllOf(HasSubstr("X.TFlopsPeak"), HasSubstr("number")));
  EXPECT_EQ(refusal("null"), "");
}

TEST(Gpus, AnUnknownNameListsTheKnownOnes) {
  const auto gpus = parse_gpus(R"({"H200": {}, "H100": {}, "L40S": {}})", "hw.json");
  EXPECT_EQ(&find_gpu(gpus, "H100", "hw.json"), &gpus.at("H100"));
  try {
    (void)find_gpu(gpus, "h100", "hw.json");
    FAIL() << "found";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("hw.json"), HasSubstr("\"h100\""), HasSubstr("H100, H200, L40S")));
  }
}

TEST(Gpus, AMissingFileIsNamed) {
  EXPECT_THROW((void)load_gpus("/nonexistent/hw.json"), ConfigError);
}

}  // namespace
}  // namespace blis::model
