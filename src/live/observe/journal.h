// Rows on disk as they come: what is left of a run whose process is killed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "live/observe/event_loop.h"
#include "trace/trace_columns.h"
#include "trace/trace_record.h"
#include "trace/trace_writer.h"

namespace blis::live {

/// Appends to `<path>.partial`, a trace of its own that a replay reads, and takes it away when the
/// real file is there. When the disk does not take it, that is said once, by failure(); rows wait
/// and are tried again. A path that is no regular file (a pipe, a device) has no journal.
class Journal {
 public:
  /// THROWS ConfigError if the file cannot be created: better now than after the run.
  Journal(const std::string& path, const trace::TraceColumns& columns);
  /// A journal without rows goes.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Written at once when the last writing is a while ago, else soon.
  void add(const trace::TraceRecord& record);
  /// Writes what waits. False: the disk did not take all of it.
  bool flush();
  /// The final file exists: the journal goes.
  void discard();

  const std::string& path() const { return path_; }  ///< "" = there is none
  std::int64_t rows_on_disk() const { return rows_on_disk_; }
  const std::string& failure() const { return failure_; }  ///< "" = none so far

 private:
  std::string path_;
  int descriptor_ = -1;
  trace::TraceWriter rows_;
  std::int64_t rows_waiting_ = 0;
  std::int64_t rows_on_disk_ = 0;
  std::int64_t bytes_on_disk_ = 0;  ///< up to the end of the last whole row
  Clock::time_point last_write_ = Clock::now();
  std::string failure_;
};

}  // namespace blis::live
