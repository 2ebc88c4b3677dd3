// The rows of a trace as a replay needs them: names interned, what has no effect left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/symbol_table.h"
#include "request/request.h"
#include "trace/trace_record.h"

namespace blis::trace {

struct ReplayRow {
  request::RequestSpec spec;     ///< all but the input length and the keys
  std::int64_t fresh_input = 0;  ///< input tokens of its own, to be drawn
  std::int64_t prefix_length = 0;
  std::int64_t arrival_time_us = 0;
  std::int64_t think_time_us = 0;
  int line = 0;
};

/// More tokens than any model takes: rows that claim more are refused before tokens are drawn.
inline constexpr std::int64_t kMaxRowTokens = 100'000'000;

/// `file` is for messages. THROWS DataError for a row of more than kMaxRowTokens tokens of one
/// kind. SOURCE spec traces 7.1.
ReplayRow make_replay_row(const TraceRecord& record, const std::string& file, int line,
                          SymbolTable& symbols);

/// THROWS DataError as TraceReader, and if there is no row.
std::vector<ReplayRow> load_replay_rows(const std::string& file, SymbolTable& symbols);

}  // namespace blis::trace
