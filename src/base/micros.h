// Simulated time: a signed 64-bit count of microseconds, for instants and for lengths alike.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace blis {

/// An instant (since the start of the run) or a length of simulated time. Sums and differences wrap
/// modulo 2^64, as the reference's do (spec data-plane 0), so that near-infinite latencies mean the
/// same thing here and there.
class Micros {
 public:
  constexpr Micros() = default;
  constexpr explicit Micros(std::int64_t count) : count_(count) {}

  /// The "infinite" horizon, and the time of an event that never happens.
  static constexpr Micros max() { return Micros(std::numeric_limits<std::int64_t>::max()); }

  /// The only way from a real number of microseconds to time: toward zero, clamped; NaN and +inf
  /// become max(). SOURCE  spec latency 0.1, engine 2.3.
  static constexpr Micros truncate(double us) {
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (!(us < kTwoTo63)) return max();
    if (us < -kTwoTo63) return Micros(std::numeric_limits<std::int64_t>::min());
    return Micros(static_cast<std::int64_t>(us));
  }

  constexpr std::int64_t count() const { return count_; }

  friend constexpr auto operator<=>(Micros, Micros) = default;
  friend constexpr Micros operator+(Micros a, Micros b) {
    return Micros(static_cast<std::int64_t>(static_cast<std::uint64_t>(a.count_) +
                                            static_cast<std::uint64_t>(b.count_)));
  }
  friend constexpr Micros operator-(Micros a, Micros b) {
    return Micros(static_cast<std::int64_t>(static_cast<std::uint64_t>(a.count_) -
                                            static_cast<std::uint64_t>(b.count_)));
  }
  constexpr Micros& operator+=(Micros other) { return *this = *this + other; }
  constexpr Micros& operator-=(Micros other) { return *this = *this - other; }

 private:
  std::int64_t count_ = 0;
};

}  // namespace blis
