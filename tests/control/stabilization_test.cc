#include "control/stabilization.h"

#include <gtest/gtest.h>

#include <functional>

#include "control/delay.h"

namespace blis::control {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

/// Seconds at which something passes. `signal` gives the delta wanted at a tick's number.
std::vector<std::int64_t> passes(double up_s, double down_s, std::int64_t interval_s,
                                 std::int64_t until_s,
                                 const std::function<std::int64_t(std::int64_t)>& signal) {
  StabilizationGate gate(up_s * kSecond, down_s * kSecond);
  std::vector<std::int64_t> at;
  for (std::int64_t t = 0; t <= until_s; t += interval_s) {
    std::vector<Decision> wanted;
    if (const std::int64_t delta = signal(t / interval_s); delta != 0) {
      wanted.push_back({.model = "m", .variant = {}, .delta = delta});
    }
    if (!gate.pass(Micros(t * kSecond), wanted).empty()) at.push_back(t);
  }
  return at;
}

using Seconds = std::vector<std::int64_t>;

TEST(StabilizationGate, AgreesWithTheWorkedExamples) {
  const auto always = [](std::int64_t) { return std::int64_t{1}; };
  EXPECT_EQ(passes(120, 0, 60, 360, always), (Seconds{120, 300}));
  EXPECT_EQ(passes(100, 0, 60, 480, always), (Seconds{120, 300, 480}));
  EXPECT_EQ(passes(0, 0, 60, 360, always), (Seconds{0, 60, 120, 180, 240, 300, 360}));
  EXPECT_EQ(passes(120, 0, 60, 400, [](std::int64_t tick) { return tick == 1 ? 0 : 1; }),
            (Seconds{240}));
  EXPECT_EQ(passes(120, 120, 60, 240, [](std::int64_t tick) { return tick < 2 ? 1 : -1; }),
            (Seconds{240}));
  EXPECT_EQ(passes(240, 0, 30, 810, [](std::int64_t tick) { return tick == 0 ? 0 : 1; }),
            (Seconds{270, 540, 810}));
}

TEST(StabilizationGate, AWindowBelowAMicrosecondSuppressesOneTick) {
  const auto always = [](std::int64_t) { return std::int64_t{-1}; };
  EXPECT_EQ(passes(0, 0.5e-6, 1, 4, always), (Seconds{1, 3}));
}

TEST(StabilizationGate, PassesTheDecisionOfTheLastTick) {
  StabilizationGate gate(10, 0);
  EXPECT_TRUE(gate.pass(Micros(0), {{.model = "m", .variant = {}, .delta = 9}}).empty());
  EXPECT_EQ(gate.pass(Micros(10), {{.model = "m", .variant = {}, .delta = 2}})[0].delta, 2);
}

TEST(Delay, TruncatesToWholeMicroseconds) {
  random::RandomStream stream(1);
  EXPECT_EQ(sample({.mean_s = 1.001, .stddev_s = 0}, stream).count(), 1'000'999);
  EXPECT_EQ(sample({.mean_s = 8.2, .stddev_s = 0}, stream).count(), 8'199'999);
  EXPECT_EQ(sample({.mean_s = 32.3, .stddev_s = 0}, stream).count(), 32'299'999);
  EXPECT_EQ(sample({.mean_s = 1.1, .stddev_s = 0}, stream).count(), 1'100'000);
  EXPECT_EQ(sample({.mean_s = 0.1, .stddev_s = 0}, stream).count(), 100'000);
  EXPECT_EQ(stream.u64(), random::RandomStream(1).u64()) << "nothing was drawn";
}

TEST(Delay, IsNeverNegative) {
  random::RandomStream stream(3);
  for (int i = 0; i < 200; ++i) {
    EXPECT_GE(sample({.mean_s = 0.1, .stddev_s = 5}, stream), Micros());
  }
}

}  // namespace
}  // namespace blis::control
