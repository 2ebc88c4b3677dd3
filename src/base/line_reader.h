// Reads a text file line by line in bounded memory; `.gz` and `.zst` are decompressed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/compression.h"

namespace blis {

class LineReader {
 public:
  /// THROWS DataError if the file cannot be opened.
  explicit LineReader(const std::string& file);

  /// The next line without its end (`\n` or CRLF); the view lives until the next call. False at the
  /// end. THROWS DataError with file and line for read errors and for a line of more than 16 MiB.
  bool next(std::string_view& line);
  /// Number of the last line, 1-based.
  int line() const { return line_; }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  InputFile input_;
  std::string buffer_;
  std::size_t position_ = 0;
  int line_ = 0;
};

}  // namespace blis
