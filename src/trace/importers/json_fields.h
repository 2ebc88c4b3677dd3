// Reading JSON in importers: values by key, with an error that names file, line and key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace blis::trace {

/// Where a value stands: the file, its line if it is one of lines, and the path so far.
struct JsonPlace {
  std::string file;
  int line = 0;
  std::string path;

  JsonPlace at(std::string_view key) const;
  JsonPlace at(std::size_t index) const;
  [[noreturn]] void fail(std::string_view message) const;
};

/// THROWS DataError naming the place and the byte.
nlohmann::json parse_json(std::string_view text, const JsonPlace& place);
/// The whole file, decompressed if its name says so. THROWS DataError.
nlohmann::json load_json(const std::string& file);

/// The member, which must be an object or array. THROWS DataError if it is missing or something
/// else.
const nlohmann::json& array_at(const nlohmann::json& object, std::string_view key,
                               const JsonPlace& place);

/// The first of these paths (keys joined by `.`) that leads to a number; null counts as missing.
/// THROWS DataError for another type, or a number that is not finite.
std::optional<double> number_at(const nlohmann::json& object,
                                std::initializer_list<std::string_view> paths,
                                const JsonPlace& place);
/// As number_at(), and THROWS DataError naming the first path if there is none.
double required_number(const nlohmann::json& object, std::initializer_list<std::string_view> paths,
                       const JsonPlace& place);
/// A token count: as required_number(), from 0 to 100 million; a fraction is dropped.
std::int64_t tokens_at(const nlohmann::json& object, std::initializer_list<std::string_view> paths,
                       const JsonPlace& place);

/// Seconds as microseconds, rounded. THROWS DataError unless it is finite and of at most 300 years.
std::int64_t micros_of(double seconds, const JsonPlace& place);

}  // namespace blis::trace
