// JSON files as the reference's decoder takes them: unknown keys ignored, keys compared without
// regard to case, the last of equal keys wins, null leaves the default, integers without fraction
// or exponent. SOURCE spec cli 2.1.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace blis::calibrate {

using Json = nlohmann::ordered_json;

/// THROWS ConfigError if the file cannot be read, DataError with the place if it is not one JSON
/// value.
Json load_json(const std::string& file);

/// The members of one object.
class JsonFields {
 public:
  /// `path` names the object in messages, "" for the document itself. THROWS DataError if `value`
  /// is neither an object nor null.
  JsonFields(const Json& value, std::string file, std::string path);

  /// Each leaves `out` alone if the key is absent or null. THROW DataError with file and key for
  /// another type.
  void read(std::string_view key, std::int64_t& out) const;
  void read(std::string_view key, double& out) const;
  void read(std::string_view key, std::string& out) const;
  void read(std::string_view key, std::optional<double>& out) const;
  /// The member, or nullptr if absent or null.
  const Json* find(std::string_view key) const;
  const std::string& file() const { return file_; }
  std::string path_of(std::string_view key) const;

 private:
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;

  const Json& value_;
  std::string file_;
  std::string path_;
};

}  // namespace blis::calibrate
