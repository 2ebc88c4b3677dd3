#include "live/serve/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace blis::live {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw ConfigError({.file = "", .line = 0, .key = "--inject"}, message);
}

/// SplitMix64: a well-mixed number for each input.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// `key=value,key=value`, each key one of `keys`, all of them obligatory.
std::map<std::string, double, std::less<>> settings(const std::string& rule, std::string_view text,
                                                    std::span<const std::string_view> keys) {
  std::map<std::string, double, std::less<>> values;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    const std::string_view key = one.substr(0, equals);
    if (std::ranges::find(keys, key) == keys.end()) {
      fail(fmt::format("\"{}\": {}", rule, unknown_name("setting", key, keys)));
    }
    double value = 0;
    const std::string_view number =
        equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size() || !(value >= 0) ||
        value > 1e9) {
      fail(fmt::format("\"{}\": {} must be a number from 0 to 1e9", rule, key));
    }
    values[std::string(key)] = value;
  }
  for (const std::string_view key : keys) {
    if (!values.contains(key)) fail(fmt::format("\"{}\": {} is missing", rule, key));
  }
  return values;
}

}  // namespace

FaultPlan::FaultPlan(std::span<const std::string> rules, std::int64_t seed)
    : seed_(static_cast<std::uint64_t>(seed)) {
  for (const std::string& rule : rules) add(rule);
  std::ranges::stable_sort(drops_, {}, &InstanceDrop::at);
}

void FaultPlan::add(const std::string& rule) {
  struct Kind {
    std::string_view name;
    std::string_view value;
    std::vector<Share>* shares;
  };
  const Kind kinds[] = {{"error", "status", &errors_},
                        {"slow", "ms", &delays_},
                        {"disconnect", "after", &disconnects_}};
  constexpr std::string_view kNames[] = {"error", "slow", "disconnect", "drop"};
  const std::size_t colon = rule.find(':');
  const std::string_view name = std::string_view(rule).substr(0, colon);
  const std::string_view rest =
      colon == std::string::npos ? std::string_view() : std::string_view(rule).substr(colon + 1);
  if (name == "drop") {
    constexpr std::string_view kKeys[] = {"at", "instance"};
    const auto values = settings(rule, rest, kKeys);
    drops_.push_back({Micros::truncate(values.at("at") * 1e6),
                      static_cast<std::int64_t>(values.at("instance"))});
    return;
  }
  const auto kind = std::ranges::find(kinds, name, &Kind::name);
  if (kind == std::end(kinds)) fail(unknown_name("fault", name, kNames));
  const std::string_view keys[] = {"rate", kind->value};
  const auto values = settings(rule, rest, keys);
  const Share share{values.at("rate"), std::llround(values.find(kind->value)->second)};
  if (share.rate > 1) fail(fmt::format("\"{}\": rate must be from 0 to 1", rule));
  if (name == "error" && (share.value < 400 || share.value > 599)) {
    fail(fmt::format("\"{}\": status must be from 400 to 599", rule));
  }
  kind->shares->push_back(share);
}

Fault FaultPlan::draw(std::uint64_t request) const {
  std::uint64_t draws = 0;
  const auto hits = [&](const Share& share) {
    const std::uint64_t bits = mixed(mixed(seed_ ^ mixed(request)) + draws++);
    return static_cast<double>(bits >> 11U) * 0x1p-53 < share.rate;
  };
  Fault fault;
  for (const Share& share : errors_) {
    if (hits(share)) fault.status = static_cast<int>(share.value);
  }
  for (const Share& share : delays_) {
    if (hits(share)) fault.delay += std::chrono::milliseconds(share.value);
  }
  for (const Share& share : disconnects_) {
    if (hits(share)) fault.disconnect_after_tokens = share.value;
  }
  return fault;
}

}  // namespace blis::live
