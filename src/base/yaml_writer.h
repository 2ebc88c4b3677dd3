// YAML text with the layout of the reference's encoder: block style, strings quoted only where they
// must be, children indented to the next multiple of four columns. SOURCE  spec cli 2.2,
// workload 20.5.
//
//   YamlWriter out;
//   out.begin_map();
//   out.member("version", "2");              // version: "2"
//   out.key("clients");
//   out.begin_list();                        // clients:
//   out.begin_map();
//   out.member("id", "a");                   //     - id: a
//   out.end_map();
//   out.end_list();
//   out.end_map();
//   write_file(path, out.text());
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blis {

/// Order of the keys of mappings that stand for maps rather than records: digit runs compare as
/// numbers, letters by code point, other characters before letters (spec cli 2.2). Characters
/// beyond ASCII count as letters.
bool yaml_key_less(std::string_view a, std::string_view b);

/// Writes one document from front to back. Misuse (a value without a key inside a mapping,
/// unbalanced ends) is a BLIS_CHECK failure. A text that is not UTF-8 is written as `!!binary`.
class YamlWriter {
 public:
  void begin_map();
  void end_map();
  void begin_list();
  void end_list();
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(double number);
  void value(std::int64_t number);
  void value(int number) { value(static_cast<std::int64_t>(number)); }
  void value(bool flag);
  void null();

  template <typename T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

  /// The document, with a newline at its end. REQUIRES every mapping and list was ended.
  const std::string& text() const;

 private:
  struct Level {
    bool is_map = false;
    bool is_empty = true;
    int column = 0;                  ///< where its keys or its dashes stand
    bool begins_after_dash = false;  ///< its first entry continues the line of the dash above
  };

  void before_entry();
  void before_scalar();
  void begin(bool is_map);
  void end(bool is_map);
  void plain(std::string_view scalar);
  /// Column at which a mapping, list or block of text begins that becomes the value of the current
  /// place.
  int child_column() const;

  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace blis
