// YAML: whatever the bytes, the reader either says what is wrong, or returns a value that survives
// being written and read again.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/yaml_reader.h"
#include "base/yaml_writer.h"

namespace {

using blis::YamlErrors;
using blis::YamlNode;
using blis::YamlWriter;

/// Copies a value through the public interface. Gives up on what the written form is known not to
/// carry, and on values that aliases blow up to more than a page.
class Copier {
 public:
  explicit Copier(YamlErrors& errors) : errors_(errors) {}

  bool copy(const YamlNode& node, YamlWriter& out, bool in_list) {
    if (++nodes_ > 1000) return false;
    if (node.is_null()) {
      out.null();
      return true;
    }
    if (node.is_list()) {
      out.begin_list();
      const auto items = node.as_list(errors_);
      for (const YamlNode& item : *items) {
        if (!copy(item, out, true)) return false;
      }
      out.end_list();
      return true;
    }
    if (node.is_map()) {
      out.begin_map();
      const auto entries = node.as_entries(errors_);
      for (const auto& [key, value] : *entries) {
        if (key == "<<" || key.size() > 100)
          return false;  // read as a merge; too long for a simple key
        out.key(key);
        if (!copy(value, out, in_list)) return false;
      }
      out.end_map();
      return true;
    }
    const std::string text = *node.as_string(errors_);
    const bool has_wrong_digit = in_list && (text.starts_with(' ') || text.starts_with('\n')) &&
                                 text.find('\n') != std::string::npos;
    if (has_wrong_digit) return false;  // see yaml_literal_block
    out.value(text);
    return true;
  }

 private:
  YamlErrors& errors_;
  int nodes_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  YamlErrors errors("fuzz");
  try {
    const auto root = blis::parse_yaml(text, "fuzz");
    if (!root || root->is_null()) return 0;
    {
      YamlErrors type_errors("fuzz");
      blis::YamlFields fields(*root, type_errors);
      double real = 0;
      bool flag = false;
      std::optional<std::int64_t> integer;
      fields.read("a", real);
      fields.read("b", flag);
      fields.read("c", integer);
      fields.list("list");
      fields.entries("map");
    }
    YamlWriter first;
    if (!Copier(errors).copy(*root, first, false) || !errors.empty()) return 0;
    const auto copy = blis::parse_yaml(first.text(), "fuzz");
    YamlWriter second;
    BLIS_CHECK(copy && Copier(errors).copy(*copy, second, false) && errors.empty(),
               "does not read back: {}", first.text());
    BLIS_CHECK(first.text() == second.text(), "{}\nreads back as\n{}", first.text(), second.text());
  } catch (const blis::ConfigError& error) {
    BLIS_CHECK(std::string_view(error.what()).starts_with("fuzz"), "no location in: {}",
               error.what());
  }
  return 0;
}
