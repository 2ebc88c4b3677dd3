// Fixed replay of a trace without keeping its rows: read once to check every row and to draw the
// shared prefixes, and a second time as the requests arrive. Where the file is not quite in order
// of arrival, as a server's is not, the second reading runs that far ahead.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/diagnostics.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "trace/replay.h"

namespace blis::trace {

struct StreamedTrace {
  std::unique_ptr<ReplaySource> source;  ///< nullptr: must be read as a whole
  Micros last_arrival;
  bool ids_differ = false;  ///< for certain
};

/// The source gives the same requests, with the same symbols, as one that keeps the rows. There is
/// none for a trace with a row more than kReorderRows out of place, or that cannot be read twice.
/// THROWS DataError as load_replay_rows(); from next(), if the file changed in between.
/// COST memory for the names, for the shared prefixes, and for as many rows as some row is out of
/// place.
StreamedTrace stream_trace(const std::string& data_file, std::int64_t seed, std::int64_t block_size,
                           SymbolTable& symbols, Diagnostics& diagnostics);

}  // namespace blis::trace
