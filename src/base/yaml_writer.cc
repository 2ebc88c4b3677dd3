#include "base/yaml_writer.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/number_text.h"
#include "base/utf8.h"
#include "base/yaml_string.h"

namespace blis {
namespace {

constexpr int kIndent = 4;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= group.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string in_one_line(std::string_view text, YamlStyle style) {
  if (!is_valid_utf8(text)) return "!!binary " + base64(text);
  switch (style) {
    case YamlStyle::kPlain:
      break;
    case YamlStyle::kSingleQuoted:
      return yaml_single_quoted(text);
    case YamlStyle::kDoubleQuoted:
    case YamlStyle::kLiteralBlock:
      return yaml_double_quoted(text);
  }
  return std::string(text);
}

}  // namespace

// Every complete line ends in a newline. Between two calls the text ends in a newline, or in the
// `:` or `-` whose value comes next.

int YamlWriter::child_column() const {
  if (levels_.empty()) return 0;
  const Level& level = levels_.back();
  if (!level.is_map) return level.column + 2;
  return kIndent * ((level.column + kIndent) / kIndent);
}

void YamlWriter::before_entry() {
  Level& level = levels_.back();
  if (level.is_empty && level.begins_after_dash) {
    text_ += ' ';
  } else {
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
    text_.append(static_cast<std::size_t>(level.column), ' ');
  }
  level.is_empty = false;
}

void YamlWriter::before_scalar() {
  if (levels_.empty()) {
    BLIS_CHECK(text_.empty(), "a YAML document has one top-level value");
    return;
  }
  if (!after_key_) {
    BLIS_CHECK(!levels_.back().is_map, "a value inside a YAML mapping needs a key");
    before_entry();
    text_ += '-';
  }
  after_key_ = false;
  text_ += ' ';
}

void YamlWriter::begin(bool is_map) {
  Level level{
      .is_map = is_map, .is_empty = true, .column = child_column(), .begins_after_dash = false};
  if (levels_.empty()) {
    BLIS_CHECK(text_.empty(), "a YAML document has one top-level value");
  } else if (!after_key_) {
    BLIS_CHECK(!levels_.back().is_map, "a value inside a YAML mapping needs a key");
    before_entry();
    text_ += '-';
    level.begins_after_dash = true;
  }
  after_key_ = false;
  levels_.push_back(level);
}

void YamlWriter::end(bool is_map) {
  BLIS_CHECK(!levels_.empty() && levels_.back().is_map == is_map && !after_key_,
             "unbalanced end in a YAML document");
  const bool is_empty = levels_.back().is_empty;
  levels_.pop_back();
  if (!is_empty) return;
  if (!text_.empty()) text_ += ' ';
  text_ += is_map ? "{}\n" : "[]\n";
}

void YamlWriter::begin_map() { begin(true); }
void YamlWriter::begin_list() { begin(false); }
void YamlWriter::end_map() { end(true); }
void YamlWriter::end_list() { end(false); }

void YamlWriter::key(std::string_view name) {
  BLIS_CHECK(!levels_.empty() && levels_.back().is_map && !after_key_,
             "key \"{}\" outside a YAML mapping, or after another key", name);
  before_entry();
  text_ += in_one_line(name, yaml_string_style(name, true));
  text_ += ':';
  after_key_ = true;
}

void YamlWriter::value(std::string_view text) {
  const YamlStyle style = yaml_string_style(text, false);
  if (style != YamlStyle::kLiteralBlock) return plain(in_one_line(text, style));
  const int column = levels_.empty() ? kIndent : child_column();
  before_scalar();
  text_ += yaml_literal_block(text, column);
}

void YamlWriter::plain(std::string_view scalar) {
  before_scalar();
  text_ += scalar;
  text_ += '\n';
}

void YamlWriter::value(double number) { plain(format_yaml_number(number)); }
void YamlWriter::value(std::int64_t number) { plain(fmt::format("{}", number)); }
void YamlWriter::value(bool flag) { plain(flag ? "true" : "false"); }
void YamlWriter::null() { plain("null"); }

const std::string& YamlWriter::text() const {
  BLIS_CHECK(levels_.empty() && !text_.empty(), "YAML document is not complete");
  return text_;
}

}  // namespace blis
