#include "base/yaml_string.h"

#include <fmt/format.h>

#include <iterator>

#include "base/utf8.h"
#include "base/yaml_scalar.h"

namespace blis {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// `1:30`, `12:30:45.5`: numbers to base 60 in YAML 1.1, which other readers may still believe in.
bool is_base_60_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0])) return false;
  while (!text.empty() && (is_digit(text[0]) || text[0] == '_')) text.remove_prefix(1);
  if (!text.starts_with(':')) return false;
  while (text.starts_with(':')) {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text[0])) return false;
    const bool two_digits = text[0] <= '5' && text.size() >= 2 && is_digit(text[1]);
    text.remove_prefix(two_digits ? 2 : 1);
  }
  if (text.starts_with('.'))
    text.remove_prefix(1);
  else
    return text.empty();
  while (!text.empty() && (is_digit(text[0]) || text[0] == '_')) text.remove_prefix(1);
  return text.empty();
}

/// Would be read as something else than text if it stood there unquoted.
bool looks_like_another_type(std::string_view text) {
  return resolve_yaml_scalar(text).kind != YamlScalar::Kind::kText || yaml_1_1_bool(text) >= 0 ||
         is_base_60_number(text);
}

/// What decides which styles are possible.
struct Traits {
  bool has_newline = false;
  bool has_special =
      false;  ///< must be escaped: controls, other line breaks, byte order mark, beyond U+FFFF
  bool has_tab = false;
  bool has_indicator = false;  ///< reads as syntax where it stands
  bool begins_with_blank_or_break = false;
  bool ends_with_space = false;
  bool ends_with_break = false;
  bool has_space_before_break = false;
  bool has_space_after_break = false;
};

bool is_special(const CodePoint& c) {
  if (!c.valid) return true;
  if (c.value == '\n' || c.value == '\t') return false;
  if (c.value < 0x20 || c.value == 0xFEFF || c.value > 0xFFFD) return true;
  // U+2028 and U+2029 are line breaks to YAML 1.1. The reference leaves them bare, which does not
  // read back.
  return (c.value >= 0x7F && c.value < 0xA0) || c.value == 0x2028 || c.value == 0x2029;
}

Traits analyse(std::string_view text) {
  Traits t;
  if (text.empty()) return t;
  constexpr std::string_view kNeverFirst = "#,[]{}&*!|>'\"%@`";
  const bool second_is_blank = text.size() == 1 || is_blank(text[1]) || text[1] == '\n';
  t.has_indicator = text.starts_with("---") || text.starts_with("...") ||
                    kNeverFirst.find(text[0]) != std::string_view::npos ||
                    ((text[0] == '-' || text[0] == '?' || text[0] == ':') && second_is_blank);
  t.begins_with_blank_or_break = text[0] == ' ' || text[0] == '\n';
  t.ends_with_space = text.back() == ' ';
  t.ends_with_break = text.back() == '\n';

  char previous = '\0';
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text.substr(i));
    const char byte = text[i];
    const bool before_blank = i + 1 == text.size() || is_blank(text[i + 1]) || text[i + 1] == '\n';
    const bool after_blank = is_blank(previous) || previous == '\n';
    if (i > 0 && ((byte == ':' && before_blank) || (byte == '#' && after_blank))) {
      t.has_indicator = true;
    }
    if (byte == '\t') t.has_tab = true;
    if (byte == '\n') {
      t.has_newline = true;
      if (previous == ' ') t.has_space_before_break = true;
    }
    if (byte == ' ' && previous == '\n') t.has_space_after_break = true;
    if (is_special(c)) t.has_special = true;
    previous = byte;
    i += c.width;
  }
  return t;
}

}  // namespace

YamlStyle yaml_string_style(std::string_view text, bool is_key) {
  const Traits t = analyse(text);
  if (t.has_newline) {
    const bool block_is_possible =
        !is_key && !t.ends_with_space && !t.has_space_before_break && !t.has_special;
    return block_is_possible ? YamlStyle::kLiteralBlock : YamlStyle::kDoubleQuoted;
  }
  if (looks_like_another_type(text) || t.has_special || t.has_tab) return YamlStyle::kDoubleQuoted;
  if (t.has_indicator || t.begins_with_blank_or_break || t.ends_with_space) {
    return YamlStyle::kSingleQuoted;
  }
  return YamlStyle::kPlain;
}

std::string yaml_single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out += '\'';
}

std::string yaml_double_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint c = decode_utf8(text);
    const auto code = static_cast<unsigned>(c.value);
    switch (code) {
      case 0x00:
        out += "\\0";
        break;
      case 0x07:
        out += "\\a";
        break;
      case 0x08:
        out += "\\b";
        break;
      case 0x09:
        out += "\\t";
        break;
      case 0x0A:
        out += "\\n";
        break;
      case 0x0B:
        out += "\\v";
        break;
      case 0x0C:
        out += "\\f";
        break;
      case 0x0D:
        out += "\\r";
        break;
      case 0x1B:
        out += "\\e";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case 0x85:
        out += "\\N";
        break;
      case 0x2028:
        out += "\\L";
        break;
      case 0x2029:
        out += "\\P";
        break;
      default:
        if (!is_special(c)) {
          out += text.substr(0, c.width);
        } else if (code <= 0xFF) {
          fmt::format_to(std::back_inserter(out), "\\x{:02X}", code);
        } else if (code <= 0xFFFF) {
          fmt::format_to(std::back_inserter(out), "\\u{:04X}", code);
        } else {
          fmt::format_to(std::back_inserter(out), "\\U{:08X}", code);
        }
    }
    text.remove_prefix(c.width);
  }
  return out += '"';
}

std::string yaml_literal_block(std::string_view text, int column) {
  std::string out = "|";
  // A reader takes the indentation from the first line, unless that begins with blanks itself.
  // [QUIRK] The digit is 4 wherever the block stands, although blocks below list items are indented
  // by 2 (spec cli 2.2).
  if (text.starts_with(' ') || text.starts_with('\n')) out += '4';
  if (!text.ends_with('\n')) {
    out += '-';
  } else if (text == "\n" || text.ends_with("\n\n")) {
    out += '+';
  }
  out += '\n';
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end != 0) out.append(static_cast<std::size_t>(column), ' ');
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

}  // namespace blis
