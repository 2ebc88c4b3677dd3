// The file of chunk times that `observe --record-itl` leaves:
// `request_id,chunk_index,timestamp_us`. SOURCE spec traces 8.5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/csv.h"
#include "trace/row_mistakes.h"

namespace blis::trace {

/// When a chunk of a response came in.
struct ChunkTime {
  std::int64_t request_id = 0;
  std::int64_t chunk_index = 0;
  std::int64_t timestamp_us = 0;

  friend bool operator==(const ChunkTime&, const ChunkTime&) = default;
};

/// The text of the file.
std::string format_itl_file(const std::vector<ChunkTime>& chunks);

/// Reads chunk by chunk.
class ItlReader {
 public:
  /// THROWS DataError if the file cannot be opened or has no header row, whose names are not looked
  /// at.
  explicit ItlReader(const std::string& file);
  ItlReader(std::string text, std::string file);

  /// THROWS DataError with file and line: another number of fields than the header has, fewer than
  /// three, or everything in the row that is not an integer of at least 0.
  bool next(ChunkTime& chunk);
  /// Line on which the last row began.
  int line() const { return csv_.line(); }

 private:
  void skip_header();

  CsvReader csv_;
  std::vector<std::string_view> fields_;
  RowMistakes mistakes_;
  std::size_t columns_ = 0;
};

}  // namespace blis::trace
