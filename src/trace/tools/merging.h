// Merges rows that each come in order of arrival.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trace/tools/arrival_reader.h"
#include "trace/trace_output.h"

namespace blis::trace {

/// One input of a merge: a file, and what happens to its rows on the way. `change` may drop a row
/// by returning false; it must keep the order of arrivals.
struct MergeInput {
  std::string file;
  std::function<bool(TraceRecord& record, std::int64_t row)> change;
};

/// The columns that some of the files have. THROWS DataError as TraceReader.
TraceColumns columns_of(const std::vector<MergeInput>& inputs);

/// Writes all rows by arrival, then by input, numbered from 0; returns how many. THROWS DataError
/// as ArrivalReader.
std::int64_t merge_rows(const std::vector<MergeInput>& inputs, TraceOutput& out);

}  // namespace blis::trace
