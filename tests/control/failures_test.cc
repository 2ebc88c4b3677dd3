#include "control/failures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace blis::control {
namespace {

TEST(FailureTimes, AreExponential) {
  FailureTimes times({.mtbf_s = 100, .mttr_s = 5}, 42, "failures-node");
  constexpr int kDraws = 20'000;
  double sum_s = 0;
  int beyond_the_mean = 0;
  double repair_s = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double failure_s = static_cast<double>(times.next_failure().count()) / 1e6;
    sum_s += failure_s;
    beyond_the_mean += failure_s > 100;
    repair_s += static_cast<double>(times.next_repair().count()) / 1e6;
  }
  // Standard error of the mean: 100 / sqrt(20000) = 0.7; of a share of 1/e: 0.0034.
  EXPECT_NEAR(sum_s / kDraws, 100, 3);
  EXPECT_NEAR(repair_s / kDraws, 5, 0.15);
  EXPECT_NEAR(static_cast<double>(beyond_the_mean) / kDraws, std::exp(-1), 0.014);
}

TEST(FailureTimes, OfOneKindDoNotDependOnOthers) {
  FailureTimes alone({.mtbf_s = 10, .mttr_s = 1}, 7, "failures-gpu");
  FailureTimes beside({.mtbf_s = 10, .mttr_s = 1}, 7, "failures-gpu");
  FailureTimes other({.mtbf_s = 10, .mttr_s = 1}, 7, "failures-node");
  for (int i = 0; i < 100; ++i) {
    other.next_failure();
    ASSERT_EQ(alone.next_failure(), beside.next_failure());
  }
  EXPECT_NE(FailureTimes({.mtbf_s = 10}, 7, "failures-gpu").next_failure(),
            FailureTimes({.mtbf_s = 10}, 8, "failures-gpu").next_failure());
}

TEST(FailureTimes, ARepairWithoutDurationTakesATickAndNoDraw) {
  FailureTimes with_repairs({.mtbf_s = 10, .mttr_s = 0}, 7, "failures-gpu");
  FailureTimes without({.mtbf_s = 10, .mttr_s = 0}, 7, "failures-gpu");
  EXPECT_EQ(with_repairs.next_repair(), Micros(1));
  EXPECT_EQ(with_repairs.next_failure(), without.next_failure());
}

}  // namespace
}  // namespace blis::control
