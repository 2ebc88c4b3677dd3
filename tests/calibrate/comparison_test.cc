#include "calibrate/comparison.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace blis::calibrate {
namespace {

TEST(Comparison, MatchesTheExample) {
  // Spec traces 10.3.
  const Comparison c =
      compare({.real = {100, 200, 300, 400, 1000}, .sim = {110, 210, 310, 410, 1100}});
  EXPECT_EQ(c.mean.real, 400);
  EXPECT_EQ(c.mean.sim, 428);
  EXPECT_EQ(c.p90.real, 760);
  EXPECT_EQ(c.p90.sim, 824);
  EXPECT_EQ(c.p95.real, 879.9999999999999);
  EXPECT_EQ(c.p95.sim, 961.9999999999999);
  EXPECT_EQ(c.p99.real, 976);
  EXPECT_EQ(c.p99.sim, 1072.4);
  EXPECT_EQ(c.mape, 0.06166666666666667);
  EXPECT_EQ(c.pearson_r, 0.999472585822754);
  EXPECT_EQ(c.bias_direction, "over-predict");
  EXPECT_EQ(c.quality, "excellent");
}

TEST(Comparison, PairsWithoutRealValueCountNowhere) {
  const Comparison c = compare({.real = {0, 0}, .sim = {5, 6}});
  EXPECT_EQ(c.mape, 0);
  EXPECT_EQ(c.bias_direction, "");
  EXPECT_EQ(c.mean.percent_error(), 0);
  EXPECT_EQ(c.count, 2);
}

TEST(Comparison, CorrelationNeedsThreePairs) {
  EXPECT_EQ(compare({.real = {1, 2}, .sim = {1, 2}}).pearson_r, 0);
  EXPECT_EQ(compare({.real = {1, 2, 3}, .sim = {5, 5, 5}}).pearson_r, 0);
}

std::vector<double> any_latencies() {
  const auto ticks =
      *rc::gen::suchThat(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 100'000)),
                         [](const auto& list) { return list.size() >= 3; });
  return {ticks.begin(), ticks.end()};
}

RC_GTEST_PROP(Comparison, IdenticalListsHaveNoError, ()) {
  const std::vector<double> values = any_latencies();
  const Comparison c = compare({.real = values, .sim = values});
  RC_ASSERT(c.mape == 0);
  RC_ASSERT(c.bias_direction == "neutral");
  RC_ASSERT(c.p99.error() == 0);
  if (values.front() != values.back()) RC_ASSERT(std::abs(c.pearson_r - 1) < 1e-6);
}

RC_GTEST_PROP(Comparison, ScalingTheSimulationIsItsError, ()) {
  const std::vector<double> values = any_latencies();
  const int factor = *rc::gen::inRange(2, 5);
  std::vector<double> scaled;
  for (const double v : values) scaled.push_back(v * factor);
  const Comparison c = compare({.real = values, .sim = scaled});
  RC_ASSERT(c.bias_direction == "over-predict");
  RC_ASSERT(std::abs(c.mape - (factor - 1)) < 1e-9);
}

RC_GTEST_PROP(Comparison, AConstantShiftsEveryStatistic, ()) {
  const std::vector<double> values = any_latencies();
  std::vector<double> shifted;
  for (const double v : values) shifted.push_back(v + 500);
  const Comparison c = compare({.real = values, .sim = shifted});
  for (const StatisticPair& s : {c.mean, c.p50, c.p90, c.p95, c.p99}) {
    RC_ASSERT(std::abs(s.error() - 500) < 1e-6);
  }
}

}  // namespace
}  // namespace blis::calibrate
