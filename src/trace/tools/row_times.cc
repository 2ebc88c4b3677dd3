#include "trace/tools/row_times.h"

#include <algorithm>

#include "base/error.h"

namespace blis::trace {

void for_each_row(const std::string& file,
                  const std::function<bool(TraceRecord& record, std::int64_t row)>& use) {
  TraceReader reader(file, TraceReader::Fields::kAsWritten);
  TraceRecord record;
  for (std::int64_t row = 0; reader.next(record); ++row) {
    if (!use(record, row)) return;
  }
}

std::optional<TimeOrigin> origin_of(const std::string& file, const RowFilter& passes) {
  if (!TraceReader(file).is_rereadable()) {
    throw DataError({.file = file, .line = 0, .key = ""},
                    "is read more than once and therefore cannot be a pipe");
  }
  std::optional<TimeOrigin> origin;
  std::optional<std::int64_t> first_send_us;
  for_each_row(file, [&](const TraceRecord& record, std::int64_t row) {
    if (!passes(record, row)) return true;
    if (!origin) origin = {.arrival_us = record.arrival_time_us};
    origin->arrival_us = std::min(origin->arrival_us, record.arrival_time_us);
    if (was_sent(record)) {
      first_send_us = std::min(first_send_us.value_or(record.send_time_us), record.send_time_us);
    }
    return true;
  });
  if (origin) origin->send_us = first_send_us.value_or(0);
  return origin;
}

void shift(TraceRecord& r, std::int64_t arrival_by_us, std::int64_t exchange_by_us) {
  // Times of a file can be anything; unsigned sums wrap instead of being undefined.
  const auto sum = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  };
  r.arrival_time_us = sum(r.arrival_time_us, arrival_by_us);
  if (r.deadline_us > 0) r.deadline_us = sum(r.deadline_us, arrival_by_us);
  if (was_sent(r)) r.send_time_us = sum(r.send_time_us, exchange_by_us);
  if (r.first_chunk_time_us > 0) r.first_chunk_time_us = sum(r.first_chunk_time_us, exchange_by_us);
  if (r.last_chunk_time_us > 0) r.last_chunk_time_us = sum(r.last_chunk_time_us, exchange_by_us);
}

}  // namespace blis::trace
