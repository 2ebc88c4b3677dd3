// The 607 constants that are mixed into every seed, computed instead of copied: by
// cmake/seed_table_generator.cc, when blis is built.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace blis::random {

inline constexpr std::size_t kLongLag = 607;
inline constexpr std::size_t kShortLag = 273;

/// a b mod (2^31 - 1). REQUIRES  0 < a, b < 2^31 - 1
constexpr std::uint64_t lehmer_product(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kModulus = (std::uint64_t{1} << 31) - 1;
  const std::uint64_t product = a * b;  // below 2^62
  const std::uint64_t folded = (product & kModulus) + (product >> 31);
  return folded >= kModulus ? folded - kModulus : folded;
}

/// One step of the Lehmer generator that fills states: 48271 x mod (2^31 - 1).
constexpr std::uint64_t lehmer_step(std::uint64_t x) { return lehmer_product(48'271, x); }

/// State of the lagged-Fibonacci generator after 7.8e12 steps from its simplest seeding; [i]
/// belongs to state word i. SOURCE  spec engine 16.5.
const std::array<std::uint64_t, kLongLag>& seed_table();

}  // namespace blis::random
