#include "base/number_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace blis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// Tables of spec engine 16.9 and cli 2.1.
TEST(FormatJsonNumber, SwitchesToAnExponentBelow1em6AndFrom1e21) {
  EXPECT_EQ(format_json_number(30.0), "30");
  EXPECT_EQ(format_json_number(0.0), "0");
  EXPECT_EQ(format_json_number(-0.0), "-0");
  EXPECT_EQ(format_json_number(0.1), "0.1");
  EXPECT_EQ(format_json_number(-2.5), "-2.5");
  EXPECT_EQ(format_json_number(1234567), "1234567");
  EXPECT_EQ(format_json_number(0.00005), "0.00005");
  EXPECT_EQ(format_json_number(1e-6), "0.000001");
  EXPECT_EQ(format_json_number(1e-7), "1e-7");
  EXPECT_EQ(format_json_number(1.5e-10), "1.5e-10");
  EXPECT_EQ(format_json_number(9.999999999999997e-7), "9.999999999999997e-7");
  EXPECT_EQ(format_json_number(1e20), "100000000000000000000");
  EXPECT_EQ(format_json_number(1.2345678901234567e20), "123456789012345670000");
  EXPECT_EQ(format_json_number(1e21), "1e+21");
  EXPECT_EQ(format_json_number(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(format_json_number(5e-324), "5e-324");
  EXPECT_EQ(format_json_number(9223372036854775807.0), "9223372036854776000");  // padded, not exact
}

// Tables of spec cli 2.2 and workload 20.5.
TEST(FormatYamlNumber, SwitchesToAnExponentBelow1em4AndFrom1e6) {
  EXPECT_EQ(format_yaml_number(120000), "120000");
  EXPECT_EQ(format_yaml_number(100000), "100000");
  EXPECT_EQ(format_yaml_number(999999), "999999");
  EXPECT_EQ(format_yaml_number(1e6), "1e+06");
  EXPECT_EQ(format_yaml_number(1234567), "1.234567e+06");
  EXPECT_EQ(format_yaml_number(0.734), "0.734");
  EXPECT_EQ(format_yaml_number(0.0001), "0.0001");
  EXPECT_EQ(format_yaml_number(0.00001), "1e-05");
  EXPECT_EQ(format_yaml_number(0.00005), "5e-05");
  EXPECT_EQ(format_yaml_number(10.0), "10");
  EXPECT_EQ(format_yaml_number(0.0), "0");
  EXPECT_EQ(format_yaml_number(-0.0), "-0");
  EXPECT_EQ(format_yaml_number(1e100), "1e+100");
  EXPECT_EQ(format_yaml_number(kInfinity), ".inf");
  EXPECT_EQ(format_yaml_number(-kInfinity), "-.inf");
  EXPECT_EQ(format_yaml_number(std::nan("")), ".nan");
}

TEST(FormatFixedNumber, NeverHasAnExponent) {
  EXPECT_EQ(format_fixed_number(0), "0");
  EXPECT_EQ(format_fixed_number(0.75), "0.75");
  EXPECT_EQ(format_fixed_number(1e-7), "0.0000001");
  EXPECT_EQ(format_fixed_number(1.5e22), "15000000000000000000000");
}

RC_GTEST_PROP(FormatNumber, ReadsBackAsTheSameBits, (std::uint64_t bits)) {
  const auto v = std::bit_cast<double>(bits);
  if (!std::isfinite(v)) return;
  for (const std::string& text :
       {format_json_number(v), format_yaml_number(v), format_fixed_number(v)}) {
    RC_ASSERT(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)) == bits);
    RC_ASSERT(parse_flag_double(text) == v);
  }
}

/// Digits of a number without sign, point, exponent and padding.
std::string digits_of(std::string text) {
  text = text.substr(0, text.find('e'));
  std::erase_if(text, [](char c) { return c == '-' || c == '.'; });
  text.erase(0, text.find_first_not_of('0'));
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

// No number is short only in one of the notations: all formats have the same digits, and no format
// with one digit less would read back.
RC_GTEST_PROP(FormatNumber, HasTheFewestDigitsInEveryFormat, ()) {
  const auto mantissa = static_cast<double>(*rc::gen::arbitrary<std::int64_t>());
  const int exponent = *rc::gen::inRange(-30, 10);
  const double v = mantissa * std::pow(10.0, exponent);
  if (v == 0) return;
  const std::string digits = digits_of(format_json_number(v));
  RC_ASSERT(digits_of(format_yaml_number(v)) == digits);
  RC_ASSERT(digits_of(format_fixed_number(v)) == digits);
  if (digits.size() > 1) {
    const int fewer = static_cast<int>(digits.size()) - 2;
    RC_ASSERT(std::strtod(fmt::format("{:.{}e}", v, fewer).c_str(), nullptr) != v);
  }
}

TEST(ParseFlagInt, TakesTheBasesOfGo) {
  EXPECT_EQ(parse_flag_int("42"), 42);
  EXPECT_EQ(parse_flag_int("-42"), -42);
  EXPECT_EQ(parse_flag_int("+42"), 42);
  EXPECT_EQ(parse_flag_int("0"), 0);
  EXPECT_EQ(parse_flag_int("-0"), 0);
  EXPECT_EQ(parse_flag_int("0x1f"), 31);
  EXPECT_EQ(parse_flag_int("-0X1F"), -31);
  EXPECT_EQ(parse_flag_int("0o17"), 15);
  EXPECT_EQ(parse_flag_int("017"), 15);
  EXPECT_EQ(parse_flag_int("0b101"), 5);
  EXPECT_EQ(parse_flag_int("1_000_000"), 1'000'000);
  EXPECT_EQ(parse_flag_int("0x_1f"), 31);
  EXPECT_EQ(parse_flag_int("0_17"), 15);
  EXPECT_EQ(parse_flag_int("9223372036854775807"), kMax);
  EXPECT_EQ(parse_flag_int("-9223372036854775808"), kMin);
}

TEST(ParseFlagInt, RefusesTheRest) {
  for (const char* text : {"",
                           "-",
                           "+",
                           " 1",
                           "1 ",
                           "1e9",
                           "1.0",
                           "08",
                           "0x",
                           "0xg",
                           "0b2",
                           "0o8",
                           "1__0",
                           "_1",
                           "1_",
                           "0x_",
                           "0_",
                           "--1",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "99999999999999999999",
                           "one",
                           "0x-1"}) {
    EXPECT_EQ(parse_flag_int(text), std::nullopt) << text;
  }
}

TEST(ParseFlagUint, GoesUpTo64Bits) {
  EXPECT_EQ(parse_flag_uint("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_flag_uint("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_flag_uint("-1"), std::nullopt);
}

RC_GTEST_PROP(ParseFlagInt, TakesEveryInteger, (std::int64_t v)) {
  RC_ASSERT(parse_flag_int(std::to_string(v)) == v);
  RC_ASSERT(parse_plain_int(std::to_string(v)) == v);
}

TEST(ParseFlagDouble, TakesDecimalHexAndNames) {
  EXPECT_EQ(parse_flag_double("1"), 1.0);
  EXPECT_EQ(parse_flag_double("-1.5"), -1.5);
  EXPECT_EQ(parse_flag_double("+.5"), 0.5);
  EXPECT_EQ(parse_flag_double("5."), 5.0);
  EXPECT_EQ(parse_flag_double("1e3"), 1000.0);
  EXPECT_EQ(parse_flag_double("1E-3"), 0.001);
  EXPECT_EQ(parse_flag_double("0x1p-2"), 0.25);
  EXPECT_EQ(parse_flag_double("-0X1.8P1"), -3.0);
  EXPECT_EQ(parse_flag_double("0x_1.8p0"), 1.5);
  EXPECT_EQ(parse_flag_double("1_000.5"), 1000.5);
  EXPECT_EQ(parse_flag_double("010"), 10.0);
  EXPECT_EQ(parse_flag_double("inf"), kInfinity);
  EXPECT_EQ(parse_flag_double("-Infinity"), -kInfinity);
  EXPECT_EQ(parse_flag_double("+INF"), kInfinity);
  EXPECT_TRUE(std::isnan(*parse_flag_double("NaN")));
  EXPECT_EQ(parse_flag_double("1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(*parse_flag_double("-0")));
}

TEST(ParseFlagDouble, RefusesTheRest) {
  for (const char* text :
       {"",      " ",     "1 ",     " 1",   ".",       "e5",   "1e",   "1e+",  "0x1", "0x",
        "0x.p1", "1e400", "-1e400", "1,5",  "infinit", "nano", "+nan", "-nan", "1_",  "_1",
        "1_.5",  "1._5",  "1e_5",   "1__0", "1f",      "0x1p", "--1",  "+"}) {
    EXPECT_EQ(parse_flag_double(text), std::nullopt) << text;
  }
}

TEST(ParseFlagBool, TakesTheTwelveSpellings) {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) {
    EXPECT_EQ(parse_flag_bool(text), true) << text;
  }
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_EQ(parse_flag_bool(text), false) << text;
  }
  for (const char* text : {"", "yes", "no", "tRUE", "on", "2", " true"}) {
    EXPECT_EQ(parse_flag_bool(text), std::nullopt) << text;
  }
}

// Spec cli 2.5.
TEST(ParseDuration, AddsUpUnits) {
  EXPECT_EQ(parse_duration_ns("0"), 0);
  EXPECT_EQ(parse_duration_ns("-0"), 0);
  EXPECT_EQ(parse_duration_ns("1ns"), 1);
  EXPECT_EQ(parse_duration_ns("2us"), 2'000);
  EXPECT_EQ(parse_duration_ns("2\u00b5s"), 2'000);
  EXPECT_EQ(parse_duration_ns("2\u03bcs"), 2'000);
  EXPECT_EQ(parse_duration_ns("3ms"), 3'000'000);
  EXPECT_EQ(parse_duration_ns("1.5s"), 1'500'000'000);
  EXPECT_EQ(parse_duration_ns("1.s"), 1'000'000'000);
  EXPECT_EQ(parse_duration_ns(".5s"), 500'000'000);
  EXPECT_EQ(parse_duration_ns("-1m30s"), -90'000'000'000);
  EXPECT_EQ(parse_duration_ns("+1h2m3.5s"), 3'723'500'000'000);
  EXPECT_EQ(parse_duration_ns("0.9ns"), 0);
  EXPECT_EQ(parse_duration_ns("1.0000000001s"), 1'000'000'000);
  EXPECT_EQ(parse_duration_ns("0.3333333333333333333h"), 1'200'000'000'000);
  EXPECT_EQ(parse_duration_ns("9223372036854775807ns"), kMax);
  EXPECT_EQ(parse_duration_ns("-9223372036854775808ns"), kMin);
  EXPECT_EQ(parse_duration_ns("1s1s"), 2'000'000'000);
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text :
       {"", "-", "1", "s", ".s", ".", "1e3s", "1 s", " 1s", "1s ", "1d", "1S", "1sm", "--1s",
        "9223372036854775808ns", "2562048h", "1s-1s", "99999999999999999999ns", "0x1s"}) {
    EXPECT_EQ(parse_duration_ns(text), std::nullopt) << text;
  }
}

TEST(ParsePlainInt, TakesSignAndDigitsOnly) {
  EXPECT_EQ(parse_plain_int("+7"), 7);
  EXPECT_EQ(parse_plain_int("999999999999999999"), 999'999'999'999'999'999);
  EXPECT_EQ(parse_plain_int("1000000000000000000"), 1'000'000'000'000'000'000);
  EXPECT_EQ(parse_plain_int("-007"), -7);
  EXPECT_EQ(parse_plain_int("-9223372036854775808"), kMin);
  for (const char* text :
       {"", "-", "1_0", "0x1", "1.0", " 1", "1 ", "9223372036854775808", "+-1"}) {
    EXPECT_EQ(parse_plain_int(text), std::nullopt) << text;
  }
}

TEST(TruncateToInt64, GivesTheSmallestIntegerForWhatDoesNotFit) {
  EXPECT_EQ(truncate_to_int64(1.9), 1);
  EXPECT_EQ(truncate_to_int64(-1.9), -1);
  EXPECT_EQ(truncate_to_int64(9223372036854774784.0), 9223372036854774784);
  EXPECT_EQ(truncate_to_int64(9223372036854775808.0), kMin);
  EXPECT_EQ(truncate_to_int64(-1e300), kMin);
  EXPECT_EQ(truncate_to_int64(kInfinity), kMin);
  EXPECT_EQ(truncate_to_int64(std::nan("")), kMin);
}

}  // namespace
}  // namespace blis
