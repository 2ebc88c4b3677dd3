// The acceptance vectors of the generator: whole streams by digest.

#include <gtest/gtest.h>

#include "testing/workload_digest.h"
#include "testing/workload_specs.h"
#include "workload/synthesis.h"

namespace blis::workload {
namespace {

using testing::own_options;
using testing::parse;
using testing::play;
using testing::Played;

TokenShape shape(TokenLengths prompt, TokenLengths output, std::int64_t prefix = 0) {
  return {prefix, prompt, output};
}

const TokenShape kChatbot = shape({256, 100, 2, 800}, {256, 100, 1, 1024});
const TokenShape kContentgen = shape({1024, 150, 10, 2048}, {1024, 200, 10, 2048});
const TokenShape kSummarization = shape({4096, 500, 100, 8192}, {512, 150, 10, 2048});
const TokenShape kMultidoc = shape({10240, 1200, 500, 20480}, {1536, 300, 50, 4096});

std::string open_loop_digest(const TokenShape& tokens, double rate) {
  const WorkloadSpec spec = synthesize_open_loop(tokens, rate, 100, 42);
  const auto played = play(spec, own_options(spec));
  EXPECT_EQ(played->initial.size(), 100u);
  EXPECT_EQ(played->workload.sessions, nullptr);
  return played->digest(played->initial);
}

TEST(WorkloadVectors, PresetsAndFlags) {
  EXPECT_EQ(open_loop_digest(kChatbot, 10), "0e58fcd9883f4ef2");
  EXPECT_EQ(open_loop_digest(kContentgen, 10), "f2c349a9e7c65f3b");
  EXPECT_EQ(open_loop_digest(kSummarization, 10), "91ece996c9246aad");
  EXPECT_EQ(open_loop_digest(kMultidoc, 10), "3bd1b11de3f11d83");
  EXPECT_EQ(open_loop_digest(TokenShape{}, 1), "49fcf2f097847e07");
  EXPECT_EQ(open_loop_digest(shape({}, {}, 128), 1), "aec51e4e333efac5");
}

TEST(WorkloadVectors, FirstChatbotRequests) {
  const WorkloadSpec spec = synthesize_open_loop(kChatbot, 10, 2, 42);
  const auto played = play(spec, own_options(spec));
  ASSERT_EQ(played->initial.size(), 2u);
  const auto& first = played->initial[0];
  EXPECT_EQ(first.request.arrival, Micros(99'999));  // 1 / 1e-5 is 99,999.99999999999
  EXPECT_EQ(first.request.input_tokens, 128);
  EXPECT_EQ(first.request.output_tokens, 528);
  EXPECT_EQ(first.input.first, (std::array<std::int32_t, 4>{3222, 106002, 43089, 125945}));
  const auto& second = played->initial[1];
  EXPECT_EQ(second.request.arrival, Micros(199'998));
  EXPECT_EQ(second.input.first[0], 19680);
}

TEST(WorkloadVectors, VirtualUsers) {
  const WorkloadSpec spec = synthesize_concurrency(TokenShape{}, 4, 100, 20, 42);
  const auto played = play(spec, own_options(spec));
  EXPECT_EQ(played->digest(played->initial), "d162a0b8dea84cc0");
  EXPECT_EQ(played->initial.size(), 4u);
  EXPECT_EQ(played->workload.follow_up_budget, 16);
  EXPECT_EQ(played->play_sessions().size(), 16u);
}

struct Vector {
  const char* name;
  const char* yaml;
  const char* digest;
  std::size_t requests;
  std::size_t sessions;
  const char* follow_up_digest;  ///< "" = not given
  std::size_t follow_ups;
};

class SpecVector : public ::testing::TestWithParam<Vector> {};

TEST_P(SpecVector, GivesTheSameStream) {
  const Vector& vector = GetParam();
  const WorkloadSpec spec = parse(vector.yaml);
  const auto played = play(spec, own_options(spec));
  EXPECT_EQ(played->initial.size(), vector.requests);
  EXPECT_EQ(played->workload.session_count, vector.sessions);
  EXPECT_EQ(played->digest(played->initial), vector.digest);
  if (*vector.follow_up_digest == '\0') return;
  const auto follow_ups = played->play_sessions();
  EXPECT_EQ(follow_ups.size(), vector.follow_ups);
  EXPECT_EQ(played->digest(follow_ups), vector.follow_up_digest);
}

INSTANTIATE_TEST_SUITE_P(
    Specs, SpecVector,
    ::testing::Values(
        Vector{"A", testing::kSpecA, "aa83a04a6fff5309", 341, 0, "", 0},
        Vector{"B", testing::kSpecB, "452d3521a901fc8d", 111, 25, "", 0},
        Vector{"C", testing::kSpecC, "3eef123fd064cac0", 400, 0, "", 0},
        Vector{"D", testing::kSpecD, "9b1a3c73ead93514", 36, 7, "788e6e5216c6a565", 4},
        Vector{"E1", testing::kSpecE1, "5006f7bfa7c75b03", 25, 0, "", 0},
        Vector{"E3", testing::kSpecE3, "9629905f5f39992f", 8, 8, "", 0},
        Vector{"F", testing::kSpecF, "6f1c7c272d547d77", 11, 8, "077fb3dfe0de1d79", 24},
        Vector{"G", testing::kSpecG, "3046f3d9b4bc1de4", 22, 22, "6fd49c0cbabca074", 66}),
    [](const auto& vector) { return vector.param.name; });

TEST(WorkloadVectors, InferencePerfChat) {
  WorkloadSpec spec = parse(testing::kSpecE1);
  spec.inference_perf->shared_prefix->enable_multi_turn_chat = true;
  const auto played = play(spec, own_options(spec));
  EXPECT_EQ(played->initial.size(), 4u);
  EXPECT_EQ(played->digest(played->initial), "d107f29da92008fa");
  const auto follow_ups = played->play_sessions();
  EXPECT_EQ(follow_ups.size(), 15u);
  EXPECT_EQ(played->digest(follow_ups), "d75d116ba2454039");
}

}  // namespace
}  // namespace blis::workload
