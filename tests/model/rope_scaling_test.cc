// Context length after rope scaling (spec latency 10).

#include "model/rope_scaling.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "model/architecture.h"

namespace blis::model {
namespace {

std::int64_t context_of(std::int64_t base, const std::string& rope_scaling,
                        const std::string& model_type = "x") {
  Diagnostics diagnostics;
  return parse_architecture("{\"max_position_embeddings\": " + std::to_string(base) +
                                ", \"model_type\": \"" + model_type +
                                "\", \"rope_scaling\": " + rope_scaling + "}",
                            "config.json", diagnostics)
      .context_tokens;
}

TEST(RopeScaling, MatchesTheVectors) {
  EXPECT_EQ(context_of(8192, R"({"type": "linear", "factor": 4})"), 32768);
  EXPECT_EQ(context_of(4096, R"({"type": "dynamic", "factor": 2})"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "mrope", "factor": 8})"), 65536);
  EXPECT_EQ(context_of(
                8192, R"({"type": "yarn", "factor": 4, "original_max_position_embeddings": 2048})"),
            8192);
  EXPECT_EQ(context_of(4096, R"({"type": "yarn", "factor": 2})"), 8192);
  EXPECT_EQ(context_of(4096, R"({"rope_type": "linear", "factor": 3})"), 12288);
  EXPECT_EQ(context_of(4096, R"({"factor": 2})"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "llama3", "factor": 4})"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "linear", "factor": "four"})"), 8192);
}

TEST(RopeScaling, LeavesSomeModelsAlone) {
  EXPECT_EQ(context_of(8192, R"({"type": "linear", "factor": 8})", "gemma3_text"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "su", "factor": 8})"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "longrope", "factor": 8})"), 8192);
  EXPECT_EQ(context_of(8192, "null"), 8192);
  EXPECT_EQ(context_of(8192, "[4]"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "linear"})"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "linear", "factor": 1})"), 8192);
  EXPECT_EQ(context_of(8192, R"({"type": "linear", "factor": -2})"), 8192);
  EXPECT_EQ(context_of(0, R"({"type": "linear", "factor": 2})"), 0);
}

TEST(RopeScaling, TypeBeatsRopeTypeUnlessEmpty) {
  EXPECT_EQ(context_of(100, R"({"type": "", "rope_type": "llama3", "factor": 2})"), 100);
  EXPECT_EQ(context_of(100, R"({"type": "linear", "rope_type": "llama3", "factor": 2})"), 200);
  EXPECT_EQ(context_of(100, R"({"type": 5, "rope_type": "su", "factor": 2})"), 100);
}

TEST(RopeScaling, OriginalLengthCountsForYarnOnly) {
  EXPECT_EQ(
      context_of(100, R"({"type": "linear", "factor": 2, "original_max_position_embeddings": 10})"),
      200);
  EXPECT_EQ(
      context_of(100, R"({"type": "yarn", "factor": 2, "original_max_position_embeddings": 0})"),
      200);
  EXPECT_EQ(
      context_of(100,
                 R"({"type": "yarn", "factor": 1.5, "original_max_position_embeddings": 10.9})"),
      15);
  EXPECT_EQ(
      context_of(100, R"({"type": "yarn", "factor": 2, "original_max_position_embeddings": 1e19})"),
      100);
}

TEST(RopeScaling, OverflowLeavesTheLength) {
  EXPECT_EQ(context_of(1'000'000'000'000, R"({"type": "linear", "factor": 1e18})"),
            1'000'000'000'000);
  EXPECT_EQ(scaled_context_tokens(100, "x",
                                  RopeScaling{.type = "linear",
                                              .factor = std::numeric_limits<double>::infinity(),
                                              .original_max_position_embeddings = {}}),
            100);
}

}  // namespace
}  // namespace blis::model
