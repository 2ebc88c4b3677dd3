// Reads a trace in order of arrival. A server's trace is in order of completion, so rows are held
// back for a while and sorted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "trace/displacement.h"
#include "trace/trace_reader.h"

namespace blis::trace {

class ArrivalReader {
 public:
  /// THROWS DataError as TraceReader.
  explicit ArrivalReader(const std::string& file);
  /// Reads `text` instead; `file` is only for messages.
  ArrivalReader(std::string text, std::string file);

  /// The row that arrives next; equal arrivals keep the order of the file.
  /// THROWS DataError as TraceReader::next(), and for a row more than kReorderRows out of place.
  bool next(TraceRecord& record);
  const TraceColumns& columns() const { return reader_.columns(); }
  /// Line of the last row.
  int line() const { return line_; }

 private:
  struct Held {
    std::int64_t row = 0;
    int line = 0;
    TraceRecord record;
  };
  struct Later {
    bool operator()(const Held& a, const Held& b) const {
      if (a.record.arrival_time_us != b.record.arrival_time_us) {
        return a.record.arrival_time_us > b.record.arrival_time_us;
      }
      return a.row > b.row;
    }
  };

  TraceReader reader_;
  std::priority_queue<Held, std::vector<Held>, Later> held_;
  std::int64_t rows_read_ = 0;
  std::optional<std::int64_t> last_arrival_us_;
  int line_ = 0;
  bool at_end_ = false;
};

}  // namespace blis::trace
