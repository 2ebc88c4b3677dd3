#include "random/seed_table.h"

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

// Jumping ahead. The generator's outputs obey y(n) = y(n-607) + y(n-273), so multiplying by X in
// the ring of polynomials modulo P = X^607 - X^334 - 1 (coefficients modulo 2^64) is one step of
// it: if X^n mod P = sum a_j X^j, then y(n) = sum a_j y(j). X^(7.8e12) takes some thirty squarings.

namespace blis::random {
namespace {

constexpr std::uint64_t kSteps = 7'800'000'000'000;
constexpr std::size_t kMiddle = kLongLag - kShortLag;  // the 334 of P

using Polynomial = std::array<std::uint64_t, kLongLag>;

/// product[0, 2n) += square of a[0, n).
void add_square(std::span<const std::uint64_t> a, std::span<std::uint64_t> product) {
  const std::size_t n = a.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (a[i] == 0) continue;  // the first powers have few terms
    product[2 * i] += a[i] * a[i];
    const std::uint64_t twice = 2 * a[i];
    for (std::size_t j = i + 1; j < n; ++j) product[i + j] += twice * a[j];
  }
}

/// a^2 mod P.
Polynomial squared(const Polynomial& a) {
  std::array<std::uint64_t, 2 * kLongLag> product{};
  add_square(a, product);
  for (std::size_t i = 2 * kLongLag; i-- > kLongLag;) {  // X^607 = X^334 + 1, from the top down
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

const std::array<std::uint64_t, kLongLag>& seed_table() {
  static const Polynomial table = compute();
  return table;
}

}  // namespace blis::random
