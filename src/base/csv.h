// CSV as traces have it: RFC 4180 with `\n` line ends. SOURCE  spec cli 2.4.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"

namespace blis {

/// Writes rows into a string. A row is begun by its first field and ended by end_row().
class CsvWriter {
 public:
  /// Quotes the field if it needs it: it contains `,` `"` CR or LF, begins with a space of
  /// Unicode's, or is `\.`.
  void field(std::string_view text);
  void field(std::int64_t number);
  /// An empty field.
  void field() { field(std::string_view()); }
  void end_row();

  /// All rows since the start, or since the last clear(): long files are written in portions.
  const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  void separate();

  std::string text_;
  bool in_row_ = false;
};

/// A row may be this long and no longer, so that a file in which a quote is never closed, or that
/// is no CSV at all, is refused before it fills the memory.
inline constexpr std::size_t kMaxCsvRowBytes = std::size_t{16} << 20;

/// Reads rows one after the other, from a file in portions or from a text. A name that ends in
/// `.gz` or `.zst` is a compressed file. Blank lines are skipped; CRLF counts as LF, also inside
/// quotes. Does not look at the number of fields.
class CsvReader {
 public:
  /// THROWS  DataError if the file cannot be opened.
  explicit CsvReader(const std::string& file);
  /// Reads `text` instead; `file` is only for messages.
  CsvReader(std::string text, std::string file);

  /// The next row; false at the end. The views in `fields` live until the next call.
  /// THROWS  DataError with file and line for a quote in an unquoted field, text after a closing
  /// quote, a missing closing quote, a row of more than kMaxCsvRowBytes, and read errors.
  bool next(std::vector<std::string_view>& fields);

  /// Line on which the last row began, 1-based.
  int line() const { return row_line_; }
  const std::string& file() const { return file_; }
  /// Whether the file can be opened and read a second time.
  bool is_rereadable() const { return input_ == nullptr || input_->is_regular(); }

 private:
  bool next_line(std::string_view& line);
  void split(std::string_view line, std::vector<std::string_view>& fields);
  void split_quoted(std::string_view line, std::vector<std::string_view>& fields);
  bool refill();
  [[noreturn]] void fail(int line, std::string_view message) const;
  [[noreturn]] void fail_too_long(int line) const;

  std::string file_;
  std::unique_ptr<InputFile> input_;  // nullptr: the whole text is in the buffer
  std::string buffer_;                // what was read and not yet consumed begins at position_
  std::size_t position_ = 0;
  int lines_read_ = 0;
  int row_line_ = 0;
  std::string unquoted_;                 // the fields of a row with quotes, one after the other
  std::vector<std::size_t> field_ends_;  // where each of them ends
};

}  // namespace blis
