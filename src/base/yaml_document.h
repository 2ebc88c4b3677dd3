// The tree that a YAML text parses into. Private to the YAML reader.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace blis {

struct YamlValue {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  bool is_text = false;  ///< scalar that is quoted or tagged `!!str`: never anything but text
  int line = 0;          ///< 1-based
  std::string text;      ///< of a scalar, escapes and folding resolved
  std::vector<const YamlValue*> children;  ///< items, or keys and values in turn

  /// The plain `<<` that merges other mappings into this one.
  bool is_merge_key() const { return kind == Kind::kScalar && !is_text && text == "<<"; }
};

/// Aliases are resolved: an aliased value is simply referred to twice. It never contains itself.
struct YamlDocument {
  std::deque<YamlValue> values;
  const YamlValue* root = nullptr;
};

/// The first document of `text`; nullptr if there is none.
/// THROWS  ConfigError with file and line if the text is not YAML.
std::shared_ptr<const YamlDocument> parse_yaml_document(std::string_view text,
                                                        const std::string& file);

}  // namespace blis
