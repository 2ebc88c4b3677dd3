// A CSV file whose columns are found by name, for importers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.h"

namespace blis::trace {

class CsvColumns {
 public:
  /// THROWS DataError if the file cannot be opened, has no header row, or lacks one of `required`,
  /// naming the columns it has.
  CsvColumns(const std::string& file, std::vector<std::string_view> required,
             std::vector<std::string_view> optional = {});

  /// THROWS DataError with file and line as CsvReader, and for a row with too few fields.
  bool next();
  /// The field of column `index` of required, then optional; nullopt if the file lacks the column.
  std::optional<std::string_view> field(std::size_t index) const;
  /// THROWS DataError naming file, line and column unless it is a token count: an integer from 0 to
  /// 100 million.
  std::int64_t tokens(std::size_t index) const;
  [[noreturn]] void fail(std::size_t index, std::string_view message) const;

 private:
  std::vector<std::string_view> names_;
  CsvReader csv_;
  std::vector<std::string_view> fields_;
  std::vector<std::optional<std::size_t>> positions_;
};

}  // namespace blis::trace
