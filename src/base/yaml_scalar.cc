#include "base/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "base/number_text.h"

namespace blis {
namespace {

using Kind = YamlScalar::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// Takes one or two digits off `text` and checks them against a range.
bool take_field(std::string_view& text, int least, int most, int& value) {
  std::size_t n = 0;
  value = 0;
  while (n < 2 && n < text.size() && is_digit(text[n])) value = value * 10 + (text[n++] - '0');
  text.remove_prefix(n);
  return n > 0 && value >= least && value <= most;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

int days_in_month(int year, int month) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

bool take_clock(std::string_view& text) {
  int ignored = 0;
  if (!take_field(text, 0, 23, ignored) || !take_char(text, ':') ||
      !take_field(text, 0, 59, ignored) || !take_char(text, ':') ||
      !take_field(text, 0, 59, ignored)) {
    return false;
  }
  if (text.size() >= 2 && (text[0] == '.' || text[0] == ',') && is_digit(text[1])) {
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
  }
  return true;
}

/// `Z`, or `+hh:mm`.
bool take_zone(std::string_view& text) {
  if (take_char(text, 'Z')) return true;
  const auto two_digits = [&text](std::size_t at, int most) {
    return is_digit(text[at]) && is_digit(text[at + 1]) &&
           (text[at] - '0') * 10 + (text[at + 1] - '0') <= most;
  };
  if (text.size() < 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  if (!two_digits(1, 24) || !two_digits(4, 60)) return false;
  text.remove_prefix(6);
  return true;
}

/// `2026-8-22`, `2026-08-22 20:18:00`, `2026-08-22T20:18:00.5+02:00`.
bool is_timestamp(std::string_view text) {
  if (text.size() < 5 || !std::all_of(text.begin(), text.begin() + 4, is_digit) || text[4] != '-') {
    return false;
  }
  const int year = std::stoi(std::string(text.substr(0, 4)));
  text.remove_prefix(5);
  int month = 0;
  int day = 0;
  if (!take_field(text, 1, 12, month) || !take_char(text, '-') ||
      !take_field(text, 1, days_in_month(year, month), day)) {
    return false;
  }
  if (text.empty()) return true;
  if (take_char(text, ' ')) return take_clock(text) && text.empty();
  if (!take_char(text, 'T') && !take_char(text, 't')) return false;
  return take_clock(text) && take_zone(text) && text.empty();
}

/// Digits with an optional point and exponent; underscores were removed, signs are allowed.
bool is_real_literal(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return !text.empty() && (is_digit(text[0]) || text[0] == '.') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
         });
}

YamlScalar number(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  if (const auto integer = parse_flag_int(plain)) {
    return {Kind::kInt, false, *integer, static_cast<double>(*integer)};
  }
  if (const auto big = parse_flag_uint(plain)) {
    return {Kind::kBigInt, false, 0, static_cast<double>(*big)};
  }
  if (is_real_literal(plain)) {
    if (const auto real = parse_flag_double(plain)) return {Kind::kReal, false, 0, *real};
  }
  return {};
}

}  // namespace

YamlScalar resolve_yaml_scalar(std::string_view plain) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (is_one_of(plain, {"", "~", "null", "Null", "NULL"})) return {Kind::kNull, false, 0, 0};
  if (is_one_of(plain, {"true", "True", "TRUE"})) return {Kind::kBool, true, 0, 0};
  if (is_one_of(plain, {"false", "False", "FALSE"})) return {Kind::kBool, false, 0, 0};
  if (is_one_of(plain, {".nan", ".NaN", ".NAN"})) {
    return {Kind::kReal, false, 0, std::numeric_limits<double>::quiet_NaN()};
  }
  if (is_one_of(plain, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) {
    return {Kind::kReal, false, 0, kInfinity};
  }
  if (is_one_of(plain, {"-.inf", "-.Inf", "-.INF"})) return {Kind::kReal, false, 0, -kInfinity};

  const char first = plain[0];
  if (first == '.') {  // underscores stay: `._5` is text
    const auto real = is_real_literal(plain) ? parse_flag_double(plain) : std::nullopt;
    return real ? YamlScalar{Kind::kReal, false, 0, *real} : YamlScalar{};
  }
  if (!is_digit(first) && first != '+' && first != '-') return {};
  if (is_timestamp(plain)) return {Kind::kTimestamp, false, 0, 0};
  return number(plain);
}

int yaml_1_1_bool(std::string_view text) {
  if (is_one_of(text, {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})) return 1;
  if (is_one_of(text, {"n", "N", "no", "No", "NO", "off", "Off", "OFF"})) return 0;
  return -1;
}

}  // namespace blis
