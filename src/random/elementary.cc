#include "random/elementary.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace blis::random {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// 2^exponent. REQUIRES  -1022 <= exponent <= 1023
double power_of_two(std::int64_t exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

struct Parts {
  double fraction;  ///< in [0.5, 1)
  int exponent;
};

/// frexp of a positive finite number, without the call for normal ones.
Parts split(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto biased = static_cast<int>(bits >> 52);
  if (biased == 0) {
    Parts parts{};
    parts.fraction = std::frexp(x, &parts.exponent);
    return parts;
  }
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
  constexpr std::uint64_t kHalf = std::uint64_t{1022} << 52;
  return {std::bit_cast<double>((bits & kMantissa) | kHalf), biased - 1022};
}

/// x^(odd integer y) keeps the sign of x.
bool is_odd_integer(double y) {
  if (std::fabs(y) >= 9007199254740992.0) return false;  // 2^53: all even
  const auto truncated = static_cast<std::int64_t>(y);
  return static_cast<double>(truncated) == y && (truncated & 1) == 1;
}

/// exp for a finite x of at most 709.782712893384, by argument reduction x = k ln 2 + 16 r, a
/// Taylor polynomial of e^r - 1, and four squarings in the form y (y + 2), which turn e^r - 1 into
/// e^16r - 1.
///
/// The fused operations are part of the result: the reference uses the CPU's, and std::fma is the
/// same by definition.
[[gnu::always_inline]] inline double exp_reduced(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2High = 0.69314718055966295651160180568695068359375;
  constexpr double kLn2Low = 0.28235290563031577122588448175013436025525412068e-12;
  constexpr double kRound =
      6755399441055744.0;  // 1.5 * 2^52: adding it rounds to the nearest integer, ties to even
  const double k = (kLog2E * x + kRound) - kRound;

  double r = __builtin_fma(-k, kLn2High, x);
  r = __builtin_fma(-k, kLn2Low, r);
  r *= 0.0625;
  double p = 2.4801587301587301587e-5;
  p = __builtin_fma(r, p, 1.9841269841269841270e-4);
  p = __builtin_fma(r, p, 1.3888888888888888889e-3);
  p = __builtin_fma(r, p, 8.3333333333333333333e-3);
  p = __builtin_fma(r, p, 4.1666666666666666667e-2);
  p = __builtin_fma(r, p, 1.6666666666666666667e-1);
  p = __builtin_fma(r, p, 0.5);
  p = __builtin_fma(r, p, 1.0);
  double y = r * p;
  y = y * (y + 2);
  y = y * (y + 2);
  y = y * (y + 2);
  y = __builtin_fma(y + 2, y, 1.0);

  const auto exponent = static_cast<std::int64_t>(k);
  // [QUIRK] From 709.44 on k is 1024 and the result infinite, although up to 709.78 it would fit
  // (spec engine 16.7).
  if (exponent > 1023) return kInfinity;
  if (exponent >= -1022) return y * power_of_two(exponent);
  if (exponent < -52 - 1023) return 0;
  return y * power_of_two(exponent + 1022) * power_of_two(-1022);  // subnormal
}

/// Below this everything underflows to 0; it also keeps k within an integer's range.
constexpr double kExpUnderflow = -1000;
constexpr double kExpOverflow = 7.09782712893384e+02;

double exp_any_cpu(double x) { return exp_reduced(x); }

// The same arithmetic with the fused operations as single instructions; elsewhere each is a call
// that emulates them.
#if defined(__x86_64__)
[[gnu::target("fma")]] double exp_with_fma(double x) { return exp_reduced(x); }
bool has_fma() { return __builtin_cpu_supports("fma") != 0; }
#else
double exp_with_fma(double x) { return exp_reduced(x); }
bool has_fma() { return false; }
#endif

/// Stirling's formula with a correction series, for 33 < x <= 200.
double stirling(double x) {
  double w = 1 / x;
  w = 1 + w * ((((7.87311395793093628397e-04 * w + -2.29549961613378126380e-04) * w +
                 -2.68132617805781232825e-03) *
                    w +
                3.47222221605458667310e-03) *
                   w +
               8.33333333333482257126e-02);
  double y1 = exp(x);
  double y2 = 1;
  if (x > 143.01608) {  // x^(x-0.5) would overflow
    const double v = pow(x, 0.5 * x - 0.25);
    y2 = v / y1;
    y1 = v;
  } else {
    y1 = pow(x, x - 0.5) / y1;
  }
  return y1 * ((2.506628274631000502417 * w) * y2);
}

}  // namespace

double log(double x) {
  if (std::isnan(x) || x == kInfinity) return x;
  if (x < 0) return kNan;
  if (x == 0) return -kInfinity;

  auto [f1, k] = split(x);
  if (f1 <= 0x1.6a09e667f3bcdp-1) {  // sqrt(2)/2
    f1 *= 2;
    --k;
  }
  const double f = f1 - 1;
  const double n = k;
  const double s = f / (2 + f);
  const double s2 = s * s;
  const double s4 = s2 * s2;
  const double t1 = s2 * (6.666666666666735130e-01 +
                          s4 * (2.857142874366239149e-01 +
                                s4 * (1.818357216161805012e-01 + s4 * 1.479819860511658591e-01)));
  const double t2 = s4 * (3.999999999940941908e-01 +
                          s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01));
  const double r = t1 + t2;
  const double half_square = 0.5 * f * f;
  return n * 6.93147180369123816490e-01 -
         ((half_square - (s * (half_square + r) + n * 1.90821492927058770002e-10)) - f);
}

double exp(double x) {
  if (std::isnan(x) || x == kInfinity) return x;
  if (x > kExpOverflow) return kInfinity;
  if (x < kExpUnderflow) return 0;
  return has_fma() ? exp_with_fma(x) : exp_any_cpu(x);
}

double pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (y == 1) return x;
  if (std::isnan(x) || std::isnan(y)) return kNan;
  if (x == 0) {
    const double result = y < 0 ? kInfinity : 0;
    return is_odd_integer(y) ? std::copysign(result, x) : result;
  }
  if (std::isinf(x) || std::isinf(y)) return std::pow(x, y);  // exact results only
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);

  double yi = 0;
  double yf = std::modf(std::fabs(y), &yi);
  if (yf != 0 && x < 0) return kNan;
  if (yi >= 9.223372036854775808e18) {
    if (x == -1) return 1;
    return (std::fabs(x) < 1) == (y > 0) ? 0 : kInfinity;
  }

  // The result is a * 2^e: the fraction of y through exp and log, the integer part by repeated
  // squaring.
  double a = 1;
  std::int64_t e = 0;
  if (yf != 0) {
    if (yf > 0.5) {
      yf -= 1;
      yi += 1;
    }
    a = exp(yf * log(x));
  }
  int x_exponent = 0;
  double m = std::frexp(x, &x_exponent);
  std::int64_t xe = x_exponent;
  for (auto bits = static_cast<std::int64_t>(yi); bits != 0; bits >>= 1) {
    if (xe < -4096 || xe > 4096) {  // over- or underflow is certain
      e += xe;
      break;
    }
    if ((bits & 1) == 1) {
      a *= m;
      e += xe;
    }
    m *= m;
    xe <<= 1;
    if (m < 0.5) {
      m += m;
      --xe;
    }
  }
  if (y < 0) {
    a = 1 / a;
    e = -e;
  }
  return std::ldexp(a, static_cast<int>(e));
}

double gamma(double x) {
  if (x > 200) return kInfinity;
  if (x > 33) return stirling(x);

  double z = 1;
  while (x >= 3) {
    x -= 1;
    z *= x;
  }
  while (x < 2) {
    if (x < 1e-9) return z / ((1 + 0.5772156649015329 * x) * x);
    z /= x;
    x += 1;
  }
  if (x == 2) return z;
  x -= 2;
  const double p = (((((x * 1.60119522476751861407e-04 + 1.19135147006586384913e-03) * x +
                       1.04213797561761569935e-02) *
                          x +
                      4.76367800457137231464e-02) *
                         x +
                     2.07448227648435975150e-01) *
                        x +
                    4.94214826801497100753e-01) *
                       x +
                   9.99999999999999996796e-01;
  const double q = ((((((x * -2.31581873324120129819e-05 + 5.39605580493303397842e-04) * x +
                        -4.45641913851797240494e-03) *
                           x +
                       1.18139785222060435552e-02) *
                          x +
                      3.58236398605498653373e-02) *
                         x +
                     -2.34591795718243348568e-01) *
                        x +
                    7.14304917030273074085e-02) *
                       x +
                   1.00000000000000000320e+00;
  return z * p / q;
}

double cos(double x) {
  x = std::fabs(x);
  auto octant = static_cast<std::int64_t>(x * 0x1.45f306dc9c883p+0);  // 4/pi
  auto y = static_cast<double>(octant);
  if ((octant & 1) == 1) {
    ++octant;
    ++y;
  }
  octant &= 7;
  const double z = ((x - y * 7.85398125648498535156e-1) - y * 3.77489470793079817668e-8) -
                   y * 2.69515142907905952645e-15;  // pi/4 in three parts
  bool negative = false;
  if (octant > 3) {
    octant -= 4;
    negative = !negative;
  }
  if (octant > 1) negative = !negative;

  const double q = z * z;
  double v = 0;
  if (octant == 1 || octant == 2) {
    v = z + z * q *
                (((((1.58962301576546568060e-10 * q + -2.50507477628578072866e-8) * q +
                    2.75573136213857245213e-6) *
                       q +
                   -1.98412698295895385996e-4) *
                      q +
                  8.33333333332211858878e-3) *
                     q +
                 -1.66666666666666307295e-1);
  } else {
    v = 1 - 0.5 * q +
        q * q *
            (((((-1.13585365213876817300e-11 * q + 2.08757008419747316778e-9) * q +
                -2.75573141792967388112e-7) *
                   q +
               2.48015872888517045348e-5) *
                  q +
              -1.38888888888730564116e-3) *
                 q +
             4.16666666666665929218e-2);
  }
  return negative ? -v : v;
}

}  // namespace blis::random
