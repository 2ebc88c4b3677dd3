#include "trace/importers/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output_file.h"
#include "trace/replay_rows.h"

namespace blis::trace {
namespace {

using nlohmann::json;

const json* find(const json& object, std::string_view path) {
  const json* here = &object;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    if (!here->is_object()) return nullptr;
    const auto found = here->find(key);
    if (found == here->end() || found->is_null()) return nullptr;
    here = &*found;
  }
  return here;
}

}  // namespace

JsonPlace JsonPlace::at(std::string_view key) const {
  return {file, line, path.empty() ? std::string(key) : fmt::format("{}.{}", path, key)};
}
JsonPlace JsonPlace::at(std::size_t index) const {
  return {file, line, fmt::format("{}[{}]", path, index)};
}
void JsonPlace::fail(std::string_view message) const {
  throw DataError({.file = file, .line = line, .key = path}, message);
}

json parse_json(std::string_view text, const JsonPlace& place) {
  try {
    return json::parse(text.begin(), text.end());
  } catch (const json::exception& error) {
    std::string_view what = error.what();
    if (what.starts_with('[')) what.remove_prefix(std::min(what.size(), what.find("] ") + 2));
    place.fail(fmt::format("not valid JSON: {}", what));
  }
}

json load_json(const std::string& file) {
  std::string text;
  try {
    text = read_file(file, kMaxDataBytes);
  } catch (const ConfigError& error) {
    throw DataError(error.what());
  }
  return parse_json(text, {file, 0, ""});
}

const json& array_at(const json& object, std::string_view key, const JsonPlace& place) {
  const json* const found = find(object, key);
  if (found == nullptr) place.at(key).fail("is missing");
  if (!found->is_array()) place.at(key).fail("is not a list");
  return *found;
}

std::optional<double> number_at(const json& object, std::initializer_list<std::string_view> paths,
                                const JsonPlace& place) {
  for (const std::string_view path : paths) {
    const json* const found = find(object, path);
    if (found == nullptr) continue;
    if (!found->is_number()) place.at(path).fail("is not a number");
    const double value = found->get<double>();
    if (!std::isfinite(value)) place.at(path).fail("is not finite");
    return value;
  }
  return std::nullopt;
}

double required_number(const json& object, std::initializer_list<std::string_view> paths,
                       const JsonPlace& place) {
  const std::optional<double> value = number_at(object, paths, place);
  if (!value) place.at(*paths.begin()).fail("is missing");
  return *value;
}

std::int64_t tokens_at(const json& object, std::initializer_list<std::string_view> paths,
                       const JsonPlace& place) {
  const double value = required_number(object, paths, place);
  if (!(value >= 0 && value <= static_cast<double>(kMaxRowTokens))) {
    place.at(*paths.begin())
        .fail(fmt::format("{} is not a number of tokens from 0 to {}", value, kMaxRowTokens));
  }
  return static_cast<std::int64_t>(value);
}

std::int64_t micros_of(double seconds, const JsonPlace& place) {
  constexpr double kMaxSeconds = 9e9;
  if (!(std::abs(seconds) <= kMaxSeconds)) {
    place.fail(fmt::format("{} is not a time in seconds", seconds));
  }
  return std::llround(seconds * 1e6);
}

}  // namespace blis::trace
