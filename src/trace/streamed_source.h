// Fixed replay of a sorted trace without keeping its rows: read once to check every row and to draw
// the shared prefixes, and a second time as the requests arrive.
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
};

/// The source gives the same requests, with the same symbols, as one that keeps the rows. There is
/// none for a trace whose injection times ever go back, or that cannot be read twice.
/// THROWS DataError as load_replay_rows(); from next(), if the file changed in between.
/// COST memory for the names and for the shared prefixes, not for the rows.
StreamedTrace stream_trace(const std::string& data_file, std::int64_t seed, std::int64_t block_size,
                           SymbolTable& symbols, Diagnostics& diagnostics);

}  // namespace blis::trace
