// Trace rows: whatever the bytes, the reader either says what is wrong, or returns records that are
// the same after being written and read again.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace {

using blis::trace::TraceRecord;

std::vector<TraceRecord> read(std::string text) {
  blis::trace::TraceReader reader(std::move(text), "fuzz");
  std::vector<TraceRecord> records;
  TraceRecord record;
  while (reader.next(record)) records.push_back(record);
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<TraceRecord> records;
  try {
    records = read(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const blis::DataError&) {
    return 0;
  }
  blis::trace::TraceColumns columns;
  for (TraceRecord& record : records) {
    if (record.slo_target_us > 0) return 0;  // such traces are read wrongly on purpose
    record.x_request_id.clear();             // written only for real traces
    columns.require_for(record, blis::trace::kModeGenerated);
  }
  blis::trace::TraceWriter writer(columns);
  for (const TraceRecord& record : records) writer.write(record);
  if (writer.text().find("\r\n") != std::string::npos) return 0;  // becomes LF, as in any CSV
  const std::vector<TraceRecord> again = read(writer.text());
  BLIS_CHECK(again.size() == records.size(), "{} records became {}", records.size(), again.size());
  // same.
  for (std::size_t i = 0; i < records.size(); ++i) {
    BLIS_CHECK(again[i] == records[i], "record {} changed:\n{}", i, writer.text());
  }
  return 0;
}
