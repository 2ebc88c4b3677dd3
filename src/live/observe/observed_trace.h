// The files that an observation leaves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "live/observe/journal.h"
#include "live/observe/observed_record.h"
#include "trace/trace_header.h"
#include "workload/workload_spec.h"

namespace blis::live {

struct TraceFiles {
  std::string header;  ///< YAML
  std::string data;    ///< CSV
  std::string itl;     ///< CSV of chunk times; "" = not wanted
};

/// Columns of a journal: those that requests of this workload may need.
trace::TraceColumns journal_columns(const workload::WorkloadSpec& spec);

/// Writes all files, then takes the journal away.
/// THROWS ConfigError if one cannot be written. What was measured is then in the journal if that
/// has all rows, else in the system's folder for temporary files if there is room; the message says
/// where, and how many rows are nowhere.
void write_observed_trace(const TraceFiles& files, const trace::TraceHeader& header,
                          const std::vector<ObservedRequest>& requests, Journal& journal);

/// Path of the chunk times that belong to a data file: `.itl.csv` in place of `.csv`.
std::string default_itl_path(const std::string& data);

/// `seconds` since the epoch as `2026-01-31T12:00:00Z`.
std::string utc_text(std::int64_t seconds);

}  // namespace blis::live
