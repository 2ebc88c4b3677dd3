// 64-bit integer arithmetic that wraps, for sizes read from files that nobody checked.
#pragma once

#include <cstdint>

namespace blis::model {

/// Products and sums modulo 2^64, as the reference's integers behave (spec engine 16.1): absurd
/// shapes give absurd sizes there, which later checks refuse, and must not be undefined behaviour
/// here.
class Wrapping {
 public:
  constexpr Wrapping(std::int64_t value)
      : bits_(static_cast<std::uint64_t>(value)) {}  // NOLINT: a number like any other
  constexpr std::int64_t value() const { return static_cast<std::int64_t>(bits_); }

  friend constexpr Wrapping operator+(Wrapping a, Wrapping b) {
    return from_bits(a.bits_ + b.bits_);
  }
  friend constexpr Wrapping operator-(Wrapping a, Wrapping b) {
    return from_bits(a.bits_ - b.bits_);
  }
  friend constexpr Wrapping operator*(Wrapping a, Wrapping b) {
    return from_bits(a.bits_ * b.bits_);
  }

 private:
  static constexpr Wrapping from_bits(std::uint64_t bits) {
    return {static_cast<std::int64_t>(bits)};
  }
  std::uint64_t bits_;
};

}  // namespace blis::model
