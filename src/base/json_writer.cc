#include "base/json_writer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

#include "base/check.h"
#include "base/number_text.h"
#include "base/utf8.h"

namespace blis {
namespace {

/// ASCII that stands for itself.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : {'"', '\\', '<', '>', '&'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    std::size_t plain = 0;
    while (plain < text.size() && kIsPlain[static_cast<unsigned char>(text[plain])]) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const CodePoint c = decode_utf8(text);
    switch (c.value) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '<':
      case '>':
      case '&':
      case 0x2028:
      case 0x2029:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.value));
        break;
      default:
        if (!c.valid) {
          out += "\\ufffd";
        } else if (c.value < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.value));
        } else {
          out += text.substr(0, c.width);
        }
    }
    text.remove_prefix(c.width);
  }
  out += '"';
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) {
    BLIS_CHECK(!has_begun_, "a JSON document has one top-level value");
    has_begun_ = true;
    return;
  }
  BLIS_CHECK(!levels_.back().is_object, "a value inside a JSON object needs a key");
  begin_line();
}

void JsonWriter::begin_line() {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 16;
  if (levels_.back().has_members) text_ += ',';
  levels_.back().has_members = true;
  if (sink_ && text_.size() >= kPieceBytes) {
    sink_(text_);
    text_.clear();
  }
  text_ += '\n';
  text_.append(2 * levels_.size(), ' ');
}

void JsonWriter::key(std::string_view name) {
  BLIS_CHECK(!levels_.empty() && levels_.back().is_object && !after_key_,
             "key \"{}\" outside a JSON object, or after another key", name);
  begin_line();
  append_quoted(text_, name);
  text_ += ": ";
  after_key_ = true;
}

void JsonWriter::begin_object() {
  before_value();
  text_ += '{';
  levels_.push_back({.is_object = true});
}

void JsonWriter::begin_array() {
  before_value();
  text_ += '[';
  levels_.push_back({.is_object = false});
}

void JsonWriter::end_object() { end('}'); }
void JsonWriter::end_array() { end(']'); }

void JsonWriter::end(char bracket) {
  BLIS_CHECK(!levels_.empty() && levels_.back().is_object == (bracket == '}') && !after_key_,
             "unbalanced '{}' in a JSON document", bracket);
  const bool was_empty = !levels_.back().has_members;
  levels_.pop_back();
  if (!was_empty) {
    text_ += '\n';
    text_.append(2 * levels_.size(), ' ');
  }
  text_ += bracket;
}

void JsonWriter::value(std::string_view text) {
  before_value();
  append_quoted(text_, text);
}

void JsonWriter::value(double number) {
  BLIS_CHECK(std::isfinite(number), "JSON has no number {}", number);
  before_value();
  append_json_number(text_, number);
}

void JsonWriter::value(std::int64_t number) {
  before_value();
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void JsonWriter::value(bool flag) {
  before_value();
  text_ += flag ? "true" : "false";
}

const std::string& JsonWriter::text() const {
  BLIS_CHECK(levels_.empty() && has_begun_ && !sink_, "JSON document is not complete");
  return text_;
}

void JsonWriter::finish() {
  BLIS_CHECK(levels_.empty() && has_begun_ && sink_, "JSON document is not complete");
  sink_(text_);
  text_.clear();
}

}  // namespace blis
