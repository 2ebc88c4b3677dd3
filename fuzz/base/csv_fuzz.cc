// CSV: whatever the bytes, the reader either says what is wrong and where, or returns rows that
// survive being written and read again.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/csv.h"
#include "base/error.h"

namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string text) {
  blis::CsvReader reader(std::move(text), "fuzz");
  Rows rows;
  std::vector<std::string_view> fields;
  int line = 0;
  while (reader.next(fields)) {
    BLIS_CHECK(reader.line() > line && !fields.empty(), "row of line {} after line {}",
               reader.line(), line);
    line = reader.line();
    rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    Rows rows = rows_of(std::string(reinterpret_cast<const char*>(data), size));
    std::erase(rows, std::vector<std::string>{""});  // written as a blank line, which is no row
    blis::CsvWriter writer;
    for (const auto& row : rows) {
      for (const std::string& field : row) {
        if (field.find("\r\n") != std::string::npos || field.ends_with('\r'))
          return 0;  // become LF
        writer.field(field);
      }
      writer.end_row();
    }
    BLIS_CHECK(rows_of(writer.text()) == rows, "does not read back: {}", writer.text());
  } catch (const blis::DataError& error) {
    BLIS_CHECK(std::string_view(error.what()).starts_with("fuzz:"), "no line in: {}", error.what());
  }
  return 0;
}
