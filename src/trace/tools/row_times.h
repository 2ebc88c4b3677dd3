// Moving the times of a trace row. A row has two clocks: arrival and deadline count from the start
// of the workload, sending and chunks in a real trace from the Unix epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "trace/trace_reader.h"

namespace blis::trace {

/// The earliest time on either clock.
struct TimeOrigin {
  std::int64_t arrival_us = 0;
  std::int64_t send_us = 0;  ///< of the rows that were sent; 0 if none was
};

/// Whether the row has times of an exchange. A row sent at 0 is told from one that was never sent
/// by its first chunk.
inline bool was_sent(const TraceRecord& r) {
  return r.send_time_us > 0 || r.first_chunk_time_us > 0;
}

using RowFilter = std::function<bool(const TraceRecord&, std::int64_t row)>;

/// Calls `use(record, row)` for every row of the file, in order, from row 0 on; ends early when it
/// returns false. Fields are read as they were written. THROWS DataError as TraceReader.
void for_each_row(const std::string& file,
                  const std::function<bool(TraceRecord& record, std::int64_t row)>& use);

/// Over the rows that pass; nullopt if none does. THROWS DataError as for_each_row(), and if the
/// file cannot be read again.
std::optional<TimeOrigin> origin_of(const std::string& file, const RowFilter& passes);

/// Adds to arrival and deadline, and to the times of the exchange, as far as they are set.
void shift(TraceRecord& record, std::int64_t arrival_by_us, std::int64_t exchange_by_us);

}  // namespace blis::trace
