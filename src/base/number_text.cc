#include "base/number_text.h"

#include <fmt/format.h>
#include <locale.h>
#include <stdlib.h>

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/check.h"

namespace blis {
namespace {

// ---- writing

/// |v| as 0.d1d2d3… * 10^point, without trailing zeros: the fewest digits that read back as v.
struct ShortestDigits {
  std::array<char, 24> digits{};
  int count = 0;
  int point = 0;
  bool negative = false;

  std::string_view text() const { return {digits.data(), static_cast<std::size_t>(count)}; }
  /// Decimal exponent of the first digit.
  int exponent() const { return point - 1; }
};

ShortestDigits shortest_digits(double v) {
  ShortestDigits result;
  result.negative = std::signbit(v);
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(v),
                                 std::chars_format::scientific);
  const char* p = buffer.data();
  for (; p != end.ptr && *p != 'e'; ++p) {
    if (*p != '.') result.digits[static_cast<std::size_t>(result.count++)] = *p;
  }
  int exponent = 0;
  p += p[1] == '+' ? 2 : 1;  // from_chars takes '-' but not '+'
  std::from_chars(p, end.ptr, exponent);
  result.point = exponent + 1;
  return result;
}

void append_fixed(std::string& out, const ShortestDigits& d) {
  if (d.negative) out += '-';
  if (d.point <= 0) {
    out += "0";
    if (d.text() == "0") return;
    out += '.';
    out.append(static_cast<std::size_t>(-d.point), '0');
    out += d.text();
  } else if (d.point >= d.count) {
    out += d.text();
    out.append(static_cast<std::size_t>(d.point - d.count), '0');
  } else {
    const auto point = static_cast<std::size_t>(d.point);
    out += d.text().substr(0, point);
    out += '.';
    out += d.text().substr(point);
  }
}

/// `d.dde+21`; the exponent has its sign and at least `min_exponent_digits` digits.
void append_scientific(std::string& out, const ShortestDigits& d, int min_exponent_digits) {
  if (d.negative) out += '-';
  out += d.digits[0];
  if (d.count > 1) {
    out += '.';
    out += d.text().substr(1);
  }
  const int exponent = d.exponent();
  fmt::format_to(std::back_inserter(out), "e{}{:0{}}", exponent < 0 ? '-' : '+',
                 exponent < 0 ? -exponent : exponent, min_exponent_digits);
}

// ---- reading

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

/// Takes a leading sign off `text`; true if it was '-'.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  const bool negative = text[0] == '-';
  text.remove_prefix(1);
  return negative;
}

/// `text` without its underscores; nullopt unless each of them stands between two digits, or
/// between a base prefix and a digit (`has_prefix`: the text began with one, now removed).
std::optional<std::string> without_underscores(std::string_view text, bool has_prefix, bool hex) {
  const auto is_any_digit = [hex](char c) {
    return is_digit(c) || (hex && lower(c) >= 'a' && lower(c) <= 'f');
  };
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      result += text[i];
      continue;
    }
    const bool after_digit = i == 0 ? has_prefix : is_any_digit(text[i - 1]);
    const bool before_digit = i + 1 < text.size() && is_any_digit(text[i + 1]);
    if (!after_digit || !before_digit) return std::nullopt;
  }
  return result;
}

/// The magnitude of an integer whose sign was taken off.
std::optional<std::uint64_t> parse_magnitude(std::string_view text) {
  int base = 10;
  bool has_prefix = false;
  if (text.size() >= 2 && text[0] == '0') {
    has_prefix = true;
    const char kind = lower(text[1]);
    base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
    text.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  const std::optional<std::string> digits = without_underscores(text, has_prefix, base == 16);
  if (!digits || digits->empty()) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = digits->data() + digits->size();
  const auto [stop, error] = std::from_chars(digits->data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> with_sign(std::uint64_t magnitude, bool negative) {
  constexpr std::uint64_t kTwoTo63 = std::uint64_t{1} << 63;
  if (magnitude > kTwoTo63 || (magnitude == kTwoTo63 && !negative)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

/// `digits[.digits]e[sign]digits`, or the same in hex with a mandatory `p`: strtod is more generous
/// than we are.
bool is_real_syntax(std::string_view text, bool hex) {
  std::size_t i = 0;
  std::size_t digits = 0;
  const auto take_digits = [&](bool hex_digits) {
    std::size_t taken = 0;
    while (i < text.size() &&
           (is_digit(text[i]) || (hex_digits && lower(text[i]) >= 'a' && lower(text[i]) <= 'f'))) {
      ++i, ++taken;
    }
    return taken;
  };
  digits += take_digits(hex);
  if (i < text.size() && text[i] == '.') {
    ++i;
    digits += take_digits(hex);
  }
  if (digits == 0) return false;
  if (i == text.size()) return !hex;
  if (lower(text[i]) != (hex ? 'p' : 'e')) return false;
  ++i;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  return take_digits(false) > 0 && i == text.size();
}

/// strtod in the "C" locale: correctly rounded, decimal and hex, whatever the process's locale
/// says.
double string_to_double(const std::string& text) {
  static const locale_t c_locale = ::newlocale(LC_ALL_MASK, "C", nullptr);
  return ::strtod_l(text.c_str(), nullptr, c_locale);
}

}  // namespace

void append_json_number(std::string& out, double v) {
  BLIS_CHECK(std::isfinite(v), "no JSON number for {}", v);
  const double magnitude = std::fabs(v);
  if (magnitude >= 1e-6 && magnitude < 1e15) {
    // Nearly every number of a report. Without padding to do, the library's fixed notation is ours.
    std::array<char, 32> buffer;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::fixed);
    out.append(buffer.data(), end.ptr);
  } else if (magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21)) {
    append_fixed(out, shortest_digits(v));
  } else {
    append_scientific(out, shortest_digits(v), 1);
  }
}

std::string format_json_number(double v) {
  std::string out;
  append_json_number(out, v);
  return out;
}

std::string format_yaml_number(double v) {
  if (std::isnan(v)) return ".nan";
  if (std::isinf(v)) return v < 0 ? "-.inf" : ".inf";
  std::string out;
  const ShortestDigits digits = shortest_digits(v);
  if (v != 0 && (digits.exponent() < -4 || digits.exponent() >= 6)) {
    append_scientific(out, digits, 2);
  } else {
    append_fixed(out, digits);
  }
  return out;
}

std::string format_fixed_number(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v < 0 ? "-Inf" : "+Inf";
  std::string out;
  append_fixed(out, shortest_digits(v));
  return out;
}

std::optional<std::int64_t> parse_flag_int(std::string_view text) {
  const bool negative = take_sign(text);
  const std::optional<std::uint64_t> magnitude = parse_magnitude(text);
  if (!magnitude) return std::nullopt;
  return with_sign(*magnitude, negative);
}

std::optional<std::uint64_t> parse_flag_uint(std::string_view text) {
  return parse_magnitude(text);
}

std::optional<double> parse_flag_double(std::string_view text) {
  if (equals_ignoring_case(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = take_sign(text);
  const double sign = negative ? -1.0 : 1.0;
  if (equals_ignoring_case(text, "inf") || equals_ignoring_case(text, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  const bool hex = text.size() >= 2 && text[0] == '0' && lower(text[1]) == 'x';
  if (hex) text.remove_prefix(2);
  const std::optional<std::string> digits = without_underscores(text, hex, hex);
  if (!digits || !is_real_syntax(*digits, hex)) return std::nullopt;
  const double magnitude = string_to_double(hex ? "0x" + *digits : *digits);
  if (std::isinf(magnitude)) return std::nullopt;
  return sign * magnitude;
}

std::optional<bool> parse_flag_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_plain_int(std::string_view text) {
  // Most columns of a trace are short and have no sign: up to 18 digits cannot overflow.
  if (!text.empty() && text.size() <= 18) {
    std::int64_t value = 0;
    bool all_digits = true;
    for (const char c : text) {
      const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
      all_digits &= digit <= 9;
      value = value * 10 + static_cast<std::int64_t>(digit & 0xfU);
    }
    if (all_digits) return value;
  }
  const bool negative = take_sign(text);
  std::uint64_t magnitude = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, magnitude);
  if (error != std::errc() || stop != end) return std::nullopt;
  return with_sign(magnitude, negative);
}

std::int64_t truncate_to_int64(double v) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (v >= -kTwoTo63 && v < kTwoTo63) return static_cast<std::int64_t>(v);
  return std::numeric_limits<std::int64_t>::min();  // NaN too
}

}  // namespace blis
