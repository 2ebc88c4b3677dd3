#include "calibrate/json_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output_file.h"

namespace blis::calibrate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_key(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

Json load_json(const std::string& file) {
  const std::string text = read_file(file, kMaxDataBytes);
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw DataError({.file = file, .line = 0, .key = ""},
                    fmt::format("not JSON: {}", error.what()));
  }
}

JsonFields::JsonFields(const Json& value, std::string file, std::string path)
    : value_(value), file_(std::move(file)), path_(std::move(path)) {
  if (!value_.is_object() && !value_.is_null()) {
    throw DataError({.file = file_, .line = 0, .key = path_}, "expected an object");
  }
}

const Json* JsonFields::find(std::string_view key) const {
  const Json* found = nullptr;
  if (!value_.is_object()) return found;
  for (const auto& [name, member] : value_.items()) {
    if (same_key(name, key) && !member.is_null()) found = &member;
  }
  return found;
}

void JsonFields::read(std::string_view key, std::int64_t& out) const {
  const Json* member = find(key);
  if (member == nullptr) return;
  const bool fits =
      member->is_number_integer() &&
      (!member->is_number_unsigned() || member->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits) fail(key, "an integer");
  out = member->get<std::int64_t>();
}

void JsonFields::read(std::string_view key, double& out) const {
  const Json* member = find(key);
  if (member == nullptr) return;
  if (!member->is_number()) fail(key, "a number");
  out = member->get<double>();
}

void JsonFields::read(std::string_view key, std::string& out) const {
  const Json* member = find(key);
  if (member == nullptr) return;
  if (!member->is_string()) fail(key, "a string");
  out = member->get<std::string>();
}

void JsonFields::read(std::string_view key, std::optional<double>& out) const {
  double value = 0;
  read(key, value);
  if (find(key) != nullptr) out = value;
}

std::string JsonFields::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void JsonFields::fail(std::string_view key, std::string_view expected) const {
  throw DataError({.file = file_, .line = 0, .key = path_of(key)},
                  fmt::format("expected {}", expected));
}

}  // namespace blis::calibrate
