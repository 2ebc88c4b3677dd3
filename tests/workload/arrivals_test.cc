#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "testing/message_of.h"
#include "workload/arrival_process.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::HasSubstr;

ArrivalSpec arrival(std::string process, std::optional<double> cv = {}) {
  ArrivalSpec spec;
  spec.process = std::move(process);
  spec.cv = cv;
  return spec;
}

std::int64_t first_gap_us(const ArrivalSpec& spec, double rate_per_us) {
  Diagnostics diagnostics;
  random::RandomStream stream(42);
  return make_arrival_process(spec, rate_per_us, diagnostics)->next_gap_us(stream);
}

TEST(Arrivals, ConstantGapsAreTruncated) {
  EXPECT_EQ(first_gap_us(arrival("constant"), 10 / 1e6), 99'999);  // 1 / 1e-5 falls just short
  EXPECT_EQ(first_gap_us(arrival("constant"), 5 / 1e6), 199'999);
  EXPECT_EQ(first_gap_us(arrival("constant"), 1 / 1e6), 1'000'000);
  EXPECT_EQ(first_gap_us(arrival("constant"), 100 / 1e6), 10'000);
  EXPECT_EQ(first_gap_us(arrival("constant"), 1e7), 1);
}

TEST(Arrivals, PoissonScalesAnExponential) {
  EXPECT_EQ(first_gap_us(arrival("poisson"), 1e-6), 495'738);  // Exp = 0.49573841490239784
  EXPECT_EQ(first_gap_us(arrival("no such process"), 1e-6), 495'738);
}

TEST(Arrivals, GammaDraws) {
  random::RandomStream stream(42);
  EXPECT_EQ(draw_gamma(stream, 0.5, 1), 0.18190484900071652);
  EXPECT_EQ(draw_gamma(stream, 2, 3), 11.53131801451558);
}

TEST(Arrivals, WeibullShapeOfACoefficientOfVariation) {
  bool converged = true;
  EXPECT_EQ(weibull_shape_from_cv(0.01, converged), 100);
  EXPECT_FALSE(converged);
  const std::pair<double, double> known[] = {{0.1, 12.197265625},       {0.25, 4.538916015625},
                                             {0.5, 2.0999511718750004}, {1, 0.9993682861328124},
                                             {2, 0.5428245544433594},   {3.5, 0.3753362655639648},
                                             {10, 0.2332141637802124},  {10.4, 0.2299510955810547}};
  for (const auto& [cv, shape] : known) {
    EXPECT_EQ(weibull_shape_from_cv(cv, converged), shape) << cv;
    EXPECT_TRUE(converged);
  }
}

TEST(Arrivals, GammaBeyondCvTenIsPoisson) {
  Diagnostics diagnostics;
  random::RandomStream stream(42);
  const auto process = make_arrival_process(arrival("gamma", 10.1), 1e-6, diagnostics);
  EXPECT_EQ(process->next_gap_us(stream), 495'738);
  EXPECT_EQ(diagnostics.entries().size(), 1u);
}

TEST(Arrivals, ShapeAndScaleReplaceTheRate) {
  ArrivalSpec spec = arrival("weibull");
  spec.shape = 0.7;
  spec.scale = 12345;
  EXPECT_EQ(first_gap_us(spec, 1e-6), first_gap_us(spec, 1e-3));
  // Only one of them is silently ignored; both, but one not positive, with a warning.
  spec.scale.reset();
  EXPECT_EQ(first_gap_us(spec, 1e-6), first_gap_us(arrival("weibull"), 1e-6));
  spec.scale = 0;
  Diagnostics diagnostics;
  make_arrival_process(spec, 1e-6, diagnostics);
  EXPECT_EQ(diagnostics.entries().size(), 1u);
}

RC_GTEST_PROP(EveryArrivalProcess, KeepsItsMean, (std::int64_t seed)) {
  for (const ArrivalProcessEntry& entry : arrival_process_entries()) {
    Diagnostics diagnostics;
    const auto process =
        make_arrival_process(arrival(std::string(entry.name), 0.5), 1e-4, diagnostics);
    random::RandomStream stream(seed);
    double sum = 0;
    constexpr int kDraws = 2000;
    for (int i = 0; i < kDraws; ++i) {
      const std::int64_t gap_us = process->next_gap_us(stream);
      RC_ASSERT(gap_us >= 1);
      sum += static_cast<double>(gap_us);
    }
    // cv <= 1, so the mean of 2000 gaps is within 12 % of 10,000 µs by more than five standard
    // deviations.
    RC_ASSERT(std::abs(sum / kDraws - 1e4) < 1.2e3);
  }
}

RC_GTEST_PROP(NormalizedExponential, FillsItsTimeExactlyOnce, (std::int64_t seed)) {
  const auto count = *rc::gen::inRange<std::int64_t>(1, 200);
  const std::int64_t duration_us = count + *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  random::RandomStream stream(seed);
  const auto process = make_normalized_exponential(count, duration_us, stream);
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t gap_us = process->next_gap_us(stream);
    RC_ASSERT(gap_us >= 1);
    sum += gap_us;
  }
  RC_ASSERT(sum >= duration_us - count && sum <= duration_us + count);
  RC_ASSERT(process->next_gap_us(stream) == 0);
  RC_ASSERT(process->next_gap_us(stream) == 0);
}

TEST(NormalizedExponential, RefusesWhatCannotFit) {
  random::RandomStream stream(1);
  EXPECT_THAT(message_of([&] { make_normalized_exponential(0, 10, stream); }), HasSubstr("count"));
  EXPECT_THAT(message_of([&] { make_normalized_exponential(11, 10, stream); }),
              HasSubstr("do not fit"));
  EXPECT_THAT(message_of([&] { make_normalized_exponential(10'000'001, 1 << 30, stream); }),
              HasSubstr("count"));
}

}  // namespace
}  // namespace blis::workload
