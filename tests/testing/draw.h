// Random choices of the tests that build whole engines from a seed. Not the simulator's generator:
// these choices mean nothing and need not be reproducible elsewhere.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <span>

namespace blis::testing {

/// What the tokens behind a shared prefix are.
enum class Contents {
  kRepeating,  ///< of few values, so that requests without a common prefix share blocks, too
  kUnique,     ///< each request has its own
  kPrivate,    ///< likewise, and its blocks go without keys
};

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  template <typename T>
  const T& from(std::span<const T> items) {
    return items[static_cast<std::size_t>(between(0, std::ssize(items) - 1))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace blis::testing
