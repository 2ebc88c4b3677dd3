// A model's config.json as JSON, with the look-up rules that its many dialects need.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blis::model {

/// The parsed object after the composite pivot: the entries of a `text_config` object are copied
/// over the top level, one level deep, so that a multimodal model reads like its text part. SOURCE
/// spec latency 2.1.
class ConfigJson {
 public:
  /// THROWS DataError if the text is not JSON or not an object; a bare `null` is an empty object.
  ConfigJson(std::string_view text, const std::string& file);
  ~ConfigJson();
  ConfigJson(const ConfigJson&) = delete;
  ConfigJson& operator=(const ConfigJson&) = delete;

  /// A number, truncated toward zero; 0 if absent or of another type (a quoted number is of another
  /// type).
  std::int64_t integer(std::string_view key) const;
  /// The first of `keys` that is not 0, else 0.
  std::int64_t first_nonzero(std::initializer_list<std::string_view> keys) const;
  std::optional<std::string> text(std::string_view key) const;
  /// False if absent or not a boolean.
  bool flag(std::string_view key) const;
  /// The object under `key`; nullptr if absent or of another type.
  const nlohmann::json* object(std::string_view key) const;
  /// The strings of the array under `key`; empty if it is absent, of another type, or holds
  /// anything but strings.
  std::vector<std::string> texts(std::string_view key) const;
  bool has(std::string_view key) const;

 private:
  std::unique_ptr<nlohmann::json> root_;
};

/// Whether the text looks like a model's config.json at all: an object in which `num_hidden_layers`
/// or `hidden_size` exists, with any value, at top level or in a `text_config` object. Never
/// throws. SOURCE spec latency 2.2.
bool looks_like_model_config(std::string_view text);

}  // namespace blis::model
