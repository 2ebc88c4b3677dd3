// A trace being written: header and rows together, complete or not at all.
#pragma once

#include <string>

#include "base/output_file.h"
#include "trace/trace_columns.h"
#include "trace/trace_header.h"
#include "trace/trace_writer.h"

namespace blis::trace {

/// The two files of a trace that is called `name`: `<name>.yaml` and `<name>.csv`. One that is
/// called
/// `<stem>.csv.gz` or `<stem>.csv.zst` is `<stem>.yaml` and that compressed file.
struct TraceFiles {
  std::string header;
  std::string data;
};
TraceFiles trace_files(const std::string& name);

class TraceOutput {
 public:
  /// THROWS ConfigError if a file cannot be written, as do the other members.
  TraceOutput(const std::string& name, const TraceColumns& columns);

  /// COST memory for a portion of rows, however many there are.
  void write(const TraceRecord& record);
  /// Writes the header and gives both files their names. Without it nothing stays.
  void commit(const TraceHeader& header);

 private:
  TraceFiles files_;
  OutputFile data_;
  TraceWriter rows_;
};

}  // namespace blis::trace
