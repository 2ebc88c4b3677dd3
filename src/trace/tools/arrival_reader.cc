#include "trace/tools/arrival_reader.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"

namespace blis::trace {

ArrivalReader::ArrivalReader(const std::string& file)
    : reader_(file, TraceReader::Fields::kAsWritten) {}

ArrivalReader::ArrivalReader(std::string text, std::string file)
    : reader_(std::move(text), std::move(file), TraceReader::Fields::kAsWritten) {}

bool ArrivalReader::next(TraceRecord& record) {
  while (!at_end_ && held_.size() <= kReorderRows) {
    Held read;
    at_end_ = !reader_.next(read.record);
    if (at_end_) break;
    read.row = rows_read_++;
    read.line = reader_.line();
    if (last_arrival_us_ && read.record.arrival_time_us < *last_arrival_us_) {
      throw DataError(
          {.file = reader_.file(), .line = read.line, .key = "arrival_time_us"},
          fmt::format("{} lies before the arrival of a row that stands more than {} rows "
                      "earlier; sort the trace",
                      read.record.arrival_time_us, kReorderRows));
    }
    held_.push(std::move(read));
  }
  if (held_.empty()) return false;
  // top() is const; the row that is moved from leaves the queue at once, and its key stays.
  Held& first = const_cast<Held&>(held_.top());
  last_arrival_us_ = first.record.arrival_time_us;
  line_ = first.line;
  record = std::move(first.record);
  held_.pop();
  return true;
}

}  // namespace blis::trace
