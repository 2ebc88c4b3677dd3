#include "report/fitness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "report/sections.h"
#include "testing/reported_run.h"

namespace blis::report {
namespace {

using testing::ReportedRun;

std::string message_of(std::string_view text) {
  try {
    parse_fitness_weights(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(FitnessWeights, TakeBlanksAndTheLastOfEqualKeys) {
  EXPECT_EQ(parse_fitness_weights(" p99_ttft : 0.5 ,throughput:1,p99_ttft:2"),
            (FitnessWeights{{"p99_ttft", 2.0}, {"throughput", 1.0}}));
  EXPECT_TRUE(parse_fitness_weights("").empty());
}

TEST(FitnessWeights, RefuseWhatTheyCannotUse) {
  EXPECT_THAT(message_of("throughput:1,"), ::testing::HasSubstr("--fitness-weights"));
  EXPECT_THAT(message_of("througput:1"), ::testing::HasSubstr("did you mean \"throughput\""));
  EXPECT_THAT(message_of("throughput:-1"), ::testing::HasSubstr("at least 0"));
  EXPECT_THAT(message_of("throughput:inf"), ::testing::HasSubstr("finite"));
  EXPECT_THAT(message_of("throughput:"), ::testing::HasSubstr("finite"));
  EXPECT_THAT(message_of(" "), ::testing::HasSubstr("component:weight"));
}

TEST(Fitness, MatchesTheExamples) {
  // Spec data-plane 17.9: 3 requests/s and a p99 TTFT of 39 ms.
  ReportedRun run;
  for (std::int64_t i = 0; i < 3; ++i) run.add({.number = i, .ttft = 39'000, .e2e = 50'000});
  run.instance(0).metrics.sim_ended = Micros(1'000'000);
  const RunSummary summary(run.result());
  const Fitness fitness =
      evaluate_fitness(summary.cluster(), parse_fitness_weights("throughput:1,p99_ttft:2"));
  EXPECT_EQ(fitness.components.at("throughput"), 0.02912621359223301);
  EXPECT_EQ(fitness.components.at("p99_ttft"), 0.025);
  EXPECT_EQ(fitness.score, 0.025 * 2 + 0.02912621359223301);
  EXPECT_EQ(fitness_section(summary.cluster(), parse_fitness_weights("p99_ttft:2")),
            "=== Fitness Evaluation ===\nScore: 0.050000\n  p99_ttft: 0.025000\n");
}

RC_GTEST_PROP(Fitness, ComponentsStayBetweenZeroAndOne, ()) {
  ReportedRun run;
  const auto e2es = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
  for (std::size_t i = 0; i < e2es.size(); ++i) {
    run.add({.number = static_cast<std::int64_t>(i), .ttft = e2es[i] / 2, .e2e = e2es[i]});
  }
  run.instance(0).metrics.sim_ended = Micros(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
  const RunSummary summary(run.result());
  const FitnessWeights all = parse_fitness_weights(
      "throughput:1,tokens_per_sec:1,p99_ttft:1,p50_ttft:1,mean_ttft:1,p99_e2e:1,p50_e2e:1,mean_"
      "e2e:1");
  for (const auto& [name, value] : evaluate_fitness(summary.cluster(), all).components) {
    RC_ASSERT(value >= 0 && value <= 1);
  }
}

}  // namespace
}  // namespace blis::report
