#include "base/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/utf8.h"

namespace blis {
namespace {

/// yaml-cpp turns the escapes `\N` and `\_` into bare bytes 85 and A0 instead of U+0085 and U+00A0.
/// The source was valid UTF-8, so such a byte that belongs to no character can only come from
/// there.
std::string with_repaired_escapes(const std::string& text) {
  if (is_valid_utf8(text)) return text;
  std::string result;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint c = decode_utf8(rest);
    if (!c.valid) result += '\xC2';
    result += rest.substr(0, c.width);
    rest.remove_prefix(c.width);
  }
  return result;
}

/// Builds the tree from the parser's events. yaml-cpp's own tree would hide duplicate keys, and
/// drop what distinguishes a quoted scalar in places.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(YamlDocument& document, const std::string& file) : document_(document), file_(file) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(YamlValue::Kind::kNull, mark, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlValue& value = add(YamlValue::Kind::kScalar, mark, anchor);
    value.text = with_repaired_escapes(text);
    value.is_text = tag == "!" || tag == "tag:yaml.org,2002:str";  // "!" is how quoted ones come
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open_.push_back(&add(YamlValue::Kind::kList, mark, anchor));
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open_.push_back(&add(YamlValue::Kind::kMap, mark, anchor));
  }
  void OnMapEnd() override { open_.pop_back(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const YamlValue* const value = anchored_.at(anchor);
    if (std::find(open_.begin(), open_.end(), value) != open_.end()) {
      throw ConfigError(InputLocation{file_, mark.line + 1, ""},
                        "an anchored value contains itself");
    }
    attach(*value);
  }

 private:
  YamlValue& add(YamlValue::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    YamlValue& value = document_.values.emplace_back();
    value.kind = kind;
    value.line = mark.line + 1;
    if (anchor != YAML::NullAnchor) {  // numbered 1, 2, …
      anchored_.resize(std::max(anchored_.size(), anchor + 1));
      anchored_[anchor] = &value;
    }
    attach(value);
    return value;
  }

  void attach(const YamlValue& value) {
    if (open_.empty()) {
      document_.root = &value;
    } else {
      open_.back()->children.push_back(&value);
    }
  }

  YamlDocument& document_;
  const std::string& file_;
  std::vector<YamlValue*> open_;
  std::vector<const YamlValue*> anchored_;
};

bool is_allowed_in_yaml(char32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7E) || c == 0x85 ||
         (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
}

/// The parser would let these pass, with replacements.
void check_characters(std::string_view text, const std::string& file) {
  int line = 1;
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    const InputLocation where{file, line, ""};
    if (!c.valid) throw ConfigError(where, "not YAML: invalid UTF-8");
    if (!is_allowed_in_yaml(c.value)) throw ConfigError(where, "not YAML: control character");
    if (c.value == '\n') ++line;
    text.remove_prefix(c.width);
  }
}

}  // namespace

std::shared_ptr<const YamlDocument> parse_yaml_document(std::string_view text,
                                                        const std::string& file) {
  check_characters(text, file);
  auto document = std::make_shared<YamlDocument>();
  TreeBuilder builder(*document, file);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return nullptr;
  } catch (const YAML::Exception& error) {
    throw ConfigError(InputLocation{file, error.mark.is_null() ? 0 : error.mark.line + 1, ""},
                      "not YAML: " + error.msg);
  }
  if (document->root == nullptr) return nullptr;
  return document;
}

}  // namespace blis
