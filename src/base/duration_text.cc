// Durations as flags have them: `1h2m3.5s`. SOURCE  spec cli 2.5.

#include <array>
#include <limits>

#include "base/number_text.h"

namespace blis {
namespace {

constexpr std::uint64_t kTwoTo63 = std::uint64_t{1} << 63;

struct Unit {
  std::string_view name;
  std::uint64_t ns;
};
constexpr std::array kUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\u00b5s", 1'000},  // micro sign
    Unit{"\u03bcs", 1'000},  // Greek small letter mu
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digit_count(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

/// nullopt if it exceeds 2^63, which is the largest magnitude that a duration can have.
std::optional<std::uint64_t> whole_number(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (value > kTwoTo63 / 10) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > kTwoTo63) return std::nullopt;
  }
  return value;
}

/// 0.`digits` of a unit in whole nanoseconds, truncated. The product is formed in doubles, as the
/// reference forms it; digits beyond what 63 bits hold are dropped.
std::uint64_t fraction_ns(std::string_view digits, std::uint64_t unit_ns) {
  std::uint64_t value = 0;
  double scale = 1;
  for (const char c : digits) {
    if (value > (kTwoTo63 - 1) / 10) break;
    const std::uint64_t next = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (next > kTwoTo63) break;
    value = next;
    scale *= 10;
  }
  return static_cast<std::uint64_t>(static_cast<double>(value) *
                                    (static_cast<double>(unit_ns) / scale));
}

/// The unit at the front of `text`, which reaches up to the next digit or point; nullptr if there
/// is none.
const Unit* take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] != '.' && !is_digit(text[length])) ++length;
  const std::string_view name = text.substr(0, length);
  for (const Unit& unit : kUnits) {
    if (unit.name == name) {
      text.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;

  std::uint64_t total_ns = 0;
  while (!text.empty()) {
    const std::string_view whole_digits = text.substr(0, digit_count(text));
    text.remove_prefix(whole_digits.size());
    std::string_view fraction_digits;
    if (!text.empty() && text[0] == '.') {
      text.remove_prefix(1);
      fraction_digits = text.substr(0, digit_count(text));
      text.remove_prefix(fraction_digits.size());
    }
    if (whole_digits.empty() && fraction_digits.empty()) return std::nullopt;
    const Unit* const unit = take_unit(text);
    const std::optional<std::uint64_t> whole = whole_number(whole_digits);
    if (unit == nullptr || !whole || *whole > kTwoTo63 / unit->ns) return std::nullopt;
    total_ns += *whole * unit->ns + fraction_ns(fraction_digits, unit->ns);
    if (total_ns > kTwoTo63) return std::nullopt;
  }
  if (negative) return static_cast<std::int64_t>(0 - total_ns);
  if (total_ns == kTwoTo63) return std::nullopt;
  return static_cast<std::int64_t>(total_ns);
}

}  // namespace blis
