#include "random/elementary.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

// Compared with ==: the spec fixes the bits (engine 16.7, 18).

namespace blis::random {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Elementary, Exp) {
  EXPECT_EQ(exp(-7.9375), 0x1.7671cb2a2eb29p-12);
  EXPECT_EQ(exp(-7.3125), 0x1.5dc6f7bb57b69p-11);
  EXPECT_EQ(exp(-7.1875), 0x1.8c5979af8d377p-11);
  EXPECT_EQ(exp(1), 0x1.5bf0a8b145769p+1);
  EXPECT_EQ(exp(2.302585092994046), 10.000000000000002);
  EXPECT_EQ(exp(0), 1);
}

TEST(Elementary, ExpAtTheEndsOfItsRange) {
  EXPECT_TRUE(std::isnan(exp(std::nan(""))));
  EXPECT_EQ(exp(kInfinity), kInfinity);
  EXPECT_EQ(exp(-kInfinity), 0);
  EXPECT_EQ(exp(710), kInfinity);
  EXPECT_TRUE(std::isfinite(exp(709.4)));
  EXPECT_EQ(exp(709.5),
            kInfinity);  // [QUIRK] reduces to e^-0.3 * 2^1024, which the reference gives up on
  EXPECT_EQ(exp(-1e300), 0);
  EXPECT_EQ(exp(-800), 0);
  EXPECT_GT(exp(-740), 0);  // subnormal
  EXPECT_LT(exp(-740), std::numeric_limits<double>::min());
}

TEST(Elementary, Log) {
  EXPECT_EQ(log(3), 0x1.193ea7aad030ap+0);
  EXPECT_EQ(log(1.625), 0x1.f128f5faf06ecp-2);
  EXPECT_EQ(log(5.125), 0x1.a25660ca601b4p+0);
  EXPECT_EQ(log(10), 2.302585092994046);
  EXPECT_EQ(log(1), 0);
  EXPECT_EQ(log(0), -kInfinity);
  EXPECT_EQ(log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(log(-1)));
  EXPECT_NEAR(log(std::numeric_limits<double>::denorm_min()), -744.44, 0.01);
}

TEST(Elementary, Pow) {
  EXPECT_EQ(pow(0.9, 12), 0x1.2135355a70fb9p-2);
  EXPECT_EQ(pow(0.1, 1.7), 0x1.46e75df96dc9bp-6);
  EXPECT_EQ(pow(0.96875, 256), 0x1.3599425f6a181p-12);
  EXPECT_EQ(pow(0.75, 8), 0x1.9a1p-4);
  EXPECT_EQ(pow(2, 0.5), std::sqrt(2.0));
  EXPECT_EQ(pow(4, -0.5), 0.5);
}

// The special cases are those of C, so libm can be the judge.
TEST(Elementary, PowOfSpecialValues) {
  const double specials[] = {0.0,  -0.0, 1.0,   -1.0,   2.0,       -2.0,       3.0,         -3.0,
                             0.25, -0.5, 1e300, 9.3e18, kInfinity, -kInfinity, std::nan("")};
  for (const double x : specials) {
    for (const double y : specials) {
      const double expected = std::pow(x, y);
      const double actual = pow(x, y);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(actual)) << x << "^" << y;
      } else if (std::isinf(expected) || expected == 0) {
        EXPECT_EQ(actual, expected) << x << "^" << y;
        EXPECT_EQ(std::signbit(actual), std::signbit(expected)) << x << "^" << y;
      } else {
        EXPECT_NEAR(actual / expected, 1, 1e-13) << x << "^" << y;
      }
    }
  }
}

TEST(Elementary, Gamma) {
  EXPECT_EQ(gamma(1.5), 0x1.c5bf891b4ef6ap-1);
  EXPECT_EQ(gamma(1.4), 0x1.c647716e331bbp-1);
  EXPECT_EQ(gamma(6.5), 0x1.1fe2a1911f7d6p+8);
  EXPECT_EQ(gamma(40), 0x1.c95619f1a8e63p+153);
  EXPECT_EQ(gamma(5), 24);
  EXPECT_EQ(gamma(201), kInfinity);
  EXPECT_NEAR(gamma(1e-10) / 1e10, 1, 1e-9);
  EXPECT_NEAR(gamma(150) / std::tgamma(150), 1, 1e-12);
}

TEST(Elementary, Cos) {
  EXPECT_EQ(cos(5), 0.2836621854632263);
  EXPECT_EQ(cos(-4.2), -0.4902608213406995);
  EXPECT_EQ(cos(0), 1);
}

// Close to libm everywhere, though not equal: catches a wrong branch that the vectors above do not
// reach.
RC_GTEST_PROP(Elementary, AgreesWithLibmToSomeUlps, ()) {
  const double x = *rc::gen::map(rc::gen::inRange(1, 1 << 30), [](int i) { return i / 2e6; });
  const auto close = [](double a, double b) { return std::fabs(a - b) <= 1e-13 * std::fabs(b); };
  RC_ASSERT(close(exp(x), std::exp(x)));
  RC_ASSERT(close(exp(-x), std::exp(-x)));
  RC_ASSERT(std::fabs(log(x) - std::log(x)) <= 1e-13);
  RC_ASSERT(close(pow(x, 1.7), std::pow(x, 1.7)));
  RC_ASSERT(close(pow(x, -3), std::pow(x, -3)));
  RC_ASSERT(std::fabs(cos(x) - std::cos(x)) <= 1e-13);
  if (x < 170) RC_ASSERT(std::fabs(gamma(x) / std::tgamma(x) - 1) <= 1e-11);
}

}  // namespace
}  // namespace blis::random
