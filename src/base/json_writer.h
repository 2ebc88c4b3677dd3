// JSON text with the layout that every report uses: two-space indent, one member per line, `{}` and
// `[]` when empty, no newline at the end (spec engine 16.9).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blis {

/// A JSON string literal with its quotes. Escapes `<`, `>`, `&`, U+2028 and U+2029 too; invalid
/// UTF-8 bytes become U+FFFD.
std::string json_quote(std::string_view text);

/// Writes one document from front to back. Misuse (a value without a key inside an object,
/// unbalanced ends) is a BLIS_CHECK failure. Doubles must be finite.
class JsonWriter {
 public:
  JsonWriter() = default;
  /// Hands the text over in pieces instead of keeping it; finish() ends it, and there is no text().
  explicit JsonWriter(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(double number);
  void value(std::int64_t number);
  void value(int number) { value(static_cast<std::int64_t>(number)); }
  void value(bool flag);

  template <typename T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

  /// The text so far. REQUIRES every object and array was ended.
  const std::string& text() const;
  /// Hands over the rest. REQUIRES the same, and a sink.
  void finish();

 private:
  void before_value();
  void begin_line();
  void end(char bracket);

  struct Level {
    bool is_object = false;
    bool has_members = false;
  };
  std::string text_;
  std::function<void(std::string_view)> sink_;  // empty: the text is kept
  std::vector<Level> levels_;
  bool after_key_ = false;
  bool has_begun_ = false;
};

}  // namespace blis
