#include "workload/think_time.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string>

#include "base/error.h"
#include "base/number_text.h"
#include "random/elementary.h"

namespace blis::workload {
namespace {

/// The text under inspection, for messages.
struct ThinkTimeText {
  std::string_view text;

  [[noreturn]] void fail(std::string_view message) const {
    throw ConfigError(InputLocation{{}, 0, "--think-time-dist"},
                      fmt::format("\"{}\": {}", text, message));
  }
};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

using Pairs = std::map<std::string, std::string, std::less<>>;

Pairs split_pairs(const ThinkTimeText& whole, std::string_view rest) {
  Pairs pairs;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      whole.fail(fmt::format("expected key=value, got \"{}\"", item));
    }
    const auto [position, is_new] = pairs.emplace(item.substr(0, equals), item.substr(equals + 1));
    if (!is_new) whole.fail(fmt::format("key \"{}\" is given twice", position->first));
  }
  return pairs;
}

double required_number(const ThinkTimeText& whole, const Pairs& pairs, std::string_view key) {
  const auto found = pairs.find(key);
  if (found == pairs.end()) whole.fail(fmt::format("{} is required", key));
  const std::optional<double> value = parse_flag_double(found->second);
  if (!value || !std::isfinite(*value)) {
    whole.fail(fmt::format("{} must be a finite number, got \"{}\"", key, found->second));
  }
  return *value;
}

/// Suffixes are tried in this order, so that "5us" is not "5u" seconds.
std::int64_t parse_time_us(const ThinkTimeText& whole, std::string_view key,
                           std::string_view text) {
  double unit_us = 1000;  // a bare number is milliseconds
  std::string_view number = text;
  for (const auto& [suffix, factor] :
       {std::pair{std::string_view("us"), 1.0}, {"ms", 1000.0}, {"s", 1'000'000.0}}) {
    if (!text.ends_with(suffix)) continue;
    number.remove_suffix(suffix.size());
    unit_us = factor;
    break;
  }
  const std::optional<double> value = parse_flag_double(number);
  if (!value || !std::isfinite(*value) || *value < 0) {
    whole.fail(fmt::format("{} must be a non-negative time such as 500ms, 3s or 250us, got \"{}\"",
                           key, text));
  }
  return truncate_to_int64(*value * unit_us);
}

std::int64_t optional_time_us(const ThinkTimeText& whole, const Pairs& pairs,
                              std::string_view key) {
  const auto found = pairs.find(key);
  return found == pairs.end() ? 0 : parse_time_us(whole, key, found->second);
}

}  // namespace

std::shared_ptr<LengthSampler> parse_think_time(std::string_view text) {
  const ThinkTimeText whole{text};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    whole.fail("expected type:key=value,... (types: constant, lognormal)");
  const std::string_view type = text.substr(0, colon);
  const Pairs pairs = split_pairs(whole, text.substr(colon + 1));
  if (type == "constant") {
    const auto found = pairs.find("value");
    if (found == pairs.end()) whole.fail("value is required");
    return make_constant_sampler(parse_time_us(whole, "value", found->second));
  }
  if (type != "lognormal") {
    constexpr std::string_view kTypes[] = {"constant", "lognormal"};
    whole.fail(unknown_name("type", type, kTypes));
  }
  const double mu = required_number(whole, pairs, "mu");
  const double sigma = required_number(whole, pairs, "sigma");
  if (sigma <= 0) whole.fail(fmt::format("sigma must be positive, got {}", sigma));
  const std::int64_t min_us = optional_time_us(whole, pairs, "min");
  const std::int64_t max_us = optional_time_us(whole, pairs, "max");
  if (min_us > 0 && max_us > 0 && min_us > max_us) {
    whole.fail(fmt::format("min {} µs is greater than max {} µs", min_us, max_us));
  }
  // The parameters are those of ln(seconds); samples are µs.
  return make_lognormal_sampler(mu + random::log(1e6), sigma, min_us, max_us);
}

}  // namespace blis::workload
