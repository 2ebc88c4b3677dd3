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
  /// Takes the text of a document in portions, in order.
  using Sink = std::function<void(std::string_view)>;

  /// Keeps the whole document.
  JsonWriter() = default;
  /// Hands the document on while it is written, the end of it with the last end_object() or
  /// end_array(). REQUIRES  the top-level value is an object or an array.
  explicit JsonWriter(Sink sink) : sink_(std::move(sink)) {}

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

  /// The text. REQUIRES every object and array was ended, and there is no sink.
  const std::string& text() const;

 private:
  void before_value();
  void end(char bracket);

  struct Level {
    bool is_object = false;
    bool has_members = false;
  };
  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
  bool has_value_ = false;  ///< the one of the document
  Sink sink_;
};

}  // namespace blis
