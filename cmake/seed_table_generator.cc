// Computes the table of src/random/seed_table.h, when blis is built, and prints it for inclusion.
//
// Jumping ahead: the generator's outputs obey y(n) = y(n-607) + y(n-273), so multiplying by X in
// the ring of polynomials modulo P = X^607 - X^334 - 1 (coefficients modulo 2^64) is one step of
// it: if X^n mod P = sum a_j X^j, then y(n) = sum a_j y(j). X^(7.8e12) takes some thirty squarings.

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>

#include "random/seed_table.h"

namespace blis::random {
namespace {

constexpr std::uint64_t kSteps = 7'800'000'000'000;
constexpr std::size_t kMiddle = kLongLag - kShortLag;  // the 334 of P

using Polynomial = std::array<std::uint64_t, kLongLag>;

/// product[0, 2N) = square of a[0, N), by Karatsuba's rule: with a = lo + hi X^h, the cross term 2
/// lo hi is (lo + hi)^2 - lo^2 - hi^2, which makes three half-sized squares of four. Subtraction is
/// exact modulo 2^64.
template <std::size_t N>
void square(const std::uint64_t* a, std::uint64_t* product) {
  if constexpr (N > 40) {
    static_assert(N % 2 == 0);
    constexpr std::size_t kHalf = N / 2;
    std::array<std::uint64_t, kHalf> sum;
    std::array<std::uint64_t, N> cross;
    for (std::size_t i = 0; i < kHalf; ++i) sum[i] = a[i] + a[i + kHalf];
    square<kHalf>(a, product);
    square<kHalf>(a + kHalf, product + N);
    square<kHalf>(sum.data(), cross.data());
    for (std::size_t i = 0; i < N; ++i) cross[i] -= product[i] + product[i + N];
    for (std::size_t i = 0; i < N; ++i) product[i + kHalf] += cross[i];
  } else {
    for (std::size_t k = 0; k < 2 * N; ++k) {
      std::uint64_t twice = 0;
      for (std::size_t i = k < N ? 0 : k - N + 1; i < (k + 1) / 2; ++i) twice += a[i] * a[k - i];
      product[k] = 2 * twice + (k % 2 == 0 && k / 2 < N ? a[k / 2] * a[k / 2] : 0);
    }
  }
}

/// a^2 mod P.
Polynomial squared(const Polynomial& a) {
  constexpr std::size_t kPadded = 608;  // halves down to 38
  static_assert(kPadded >= kLongLag);
  std::array<std::uint64_t, kPadded> padded{};
  std::copy(a.begin(), a.end(), padded.begin());
  std::array<std::uint64_t, 2 * kPadded> product;
  square<kPadded>(padded.data(), product.data());
  for (std::size_t i = 2 * kPadded; i-- > kLongLag;) {  // X^607 = X^334 + 1, from the top down
    product[i - kLongLag + kMiddle] += product[i];
    product[i - kLongLag] += product[i];
  }
  Polynomial result;
  std::copy_n(product.begin(), kLongLag, result.begin());
  return result;
}

/// X a mod P.
void multiply_by_x(Polynomial& a) {
  const std::uint64_t top = a.back();
  for (std::size_t i = kLongLag - 1; i > 0; --i) a[i] = a[i - 1];
  a[0] = top;
  a[kMiddle] += top;
}

/// X^exponent mod P.
Polynomial power_of_x(std::uint64_t exponent) {
  // The leading bits that make a number below 607 are a single term, and need no squaring.
  auto bits_left = static_cast<int>(std::bit_width(exponent));
  std::uint64_t leading = 0;
  while (bits_left > 0) {
    const std::uint64_t next = exponent >> (bits_left - 1);
    if (next >= kLongLag) break;
    leading = next;
    --bits_left;
  }
  Polynomial result{};
  result[leading] = 1;
  while (bits_left > 0) {
    --bits_left;
    result = squared(result);
    if (((exponent >> bits_left) & 1) == 1) multiply_by_x(result);
  }
  return result;
}

/// State word that the output number n lands in (outputs count down from word 333).
constexpr std::size_t word_of(std::uint64_t n) {
  return static_cast<std::size_t>((kMiddle - 1 + kLongLag - n % kLongLag) % kLongLag);
}

Polynomial compute() {
  Polynomial history;  // y(0) … y(606), the simplest seeding
  std::uint64_t x = 1;
  for (int i = 0; i < 20; ++i) x = lehmer_step(x);
  Polynomial words;
  for (std::uint64_t& word : words) {
    x = lehmer_step(x);
    word = x << 20;
    x = lehmer_step(x);
    word ^= x << 10;
    x = lehmer_step(x);
    word ^= x;
  }
  for (std::size_t n = 0; n < kLongLag; ++n) history[n] = words[word_of(n)];

  Polynomial coefficients = power_of_x(kSteps);
  Polynomial table;
  for (std::uint64_t n = kSteps; n < kSteps + kLongLag; ++n) {
    std::uint64_t y = 0;
    for (std::size_t j = 0; j < kLongLag; ++j) y += coefficients[j] * history[j];
    table[word_of(n)] = y;
    multiply_by_x(coefficients);
  }
  return table;
}

}  // namespace

}  // namespace blis::random

int main() {
  for (const std::uint64_t word : blis::random::compute()) std::printf("0x%" PRIx64 ",\n", word);
}
