// Writes the CSV of a trace row by row.
//
// Which columns there are depends on all rows, so whoever writes goes over the rows twice: once to
// ask TraceColumns::require_for, once to write. SOURCE spec traces 3.
#pragma once

#include <string>

#include "base/csv.h"
#include "trace/trace_columns.h"
#include "trace/trace_header.h"

namespace blis::trace {

class TraceWriter {
 public:
  /// Starts with the header row.
  explicit TraceWriter(const TraceColumns& columns);

  void write(const TraceRecord& record);
  /// The rows since the start, or since the last clear().
  const std::string& text() const { return csv_.text(); }
  void clear() { csv_.clear(); }

 private:
  TraceColumns columns_;
  CsvWriter csv_;
};

}  // namespace blis::trace
