// Reads the CSV of a trace row by row. SOURCE spec traces 4.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.h"
#include "trace/row_mistakes.h"
#include "trace/trace_columns.h"

namespace blis::trace {

/// The base columns are found by position, their names are not looked at; only the five conditional
/// ones are recognised by name. [BUG] When `slo_target_us` is there, session, prefix group and
/// model are read one field too far to the right, as the reference does (spec traces 4 item 2).
class TraceReader {
 public:
  /// Where session, prefix group and model are looked for when there is a `slo_target_us`.
  enum class Fields {
    kAsTheReference,  ///< one too far to the right: what replay and calibrate do
    kAsWritten,       ///< where they are: for whatever writes the rows again
  };

  /// THROWS DataError if the file cannot be opened or has no header row.
  explicit TraceReader(const std::string& file, Fields fields = Fields::kAsTheReference);
  /// Reads `text` instead; `file` is only for messages.
  TraceReader(std::string text, std::string file, Fields fields = Fields::kAsTheReference);

  /// The next row into `record`; false at the end.
  /// THROWS DataError with file, line and column of everything in the row that cannot be read, one
  /// per line of its text; `record` then holds the rest of the row.
  bool next(TraceRecord& record);

  const TraceColumns& columns() const { return columns_; }
  /// Line on which the last row began.
  int line() const { return csv_.line(); }
  const std::string& file() const { return csv_.file(); }
  /// Whether the file can be opened and read a second time.
  bool is_rereadable() const { return csv_.is_rereadable(); }

 private:
  void read_column_names();
  // These note what they cannot read, and then give "", 0 or false.
  std::string_view text(std::size_t index);
  std::int64_t integer(std::size_t index, std::string_view name);
  std::int64_t integer_of(std::string_view field, std::string_view name);
  std::int64_t not_negative(std::size_t index, std::string_view name);
  std::int64_t not_negative_of(std::string_view field, std::string_view name);
  double ratio(std::size_t index, std::string_view name);
  bool flag(std::size_t index, std::string_view name);
  void note(std::string_view column, std::string_view message);

  CsvReader csv_;
  Fields order_;
  std::vector<std::string_view> fields_;
  RowMistakes mistakes_;
  TraceColumns columns_;
  std::optional<std::size_t> x_request_id_;
  std::optional<std::size_t> adapter_;
  std::optional<std::size_t> think_time_;
};

}  // namespace blis::trace
