// The rows of a trace as a replay needs them: names interned, what has no effect left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "request/request.h"
#include "trace/tools/id_set.h"
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

/// THROWS DataError for a row of more than kMaxRowTokens tokens of a kind, with every column that
/// has them. `file` and `line` are for messages.
void check_row_tokens(const TraceRecord& record, const std::string& file, int line);

/// THROWS DataError as check_row_tokens(). SOURCE spec traces 7.1.
ReplayRow make_replay_row(const TraceRecord& record, const std::string& file, int line,
                          SymbolTable& symbols);

/// Watches for rows with the id of another one: they are all replayed, but what is kept by id, such
/// as the results, is that of the last one. Gives up where ids are scattered so widely that
/// remembering them would take memory.
class RepeatedIds {
 public:
  void look_at(std::int64_t request_id, int line);
  /// Whether no id repeats for certain.
  bool all_differ() const { return rows_ == 0 && !has_given_up(); }
  /// Warns if there were any.
  void report(const std::string& file, Diagnostics& diagnostics) const;

 private:
  bool has_given_up() const { return ids_.intervals() > kMostIntervals; }

  static constexpr std::size_t kMostIntervals = std::size_t{1} << 20;

  IdSet ids_;
  std::int64_t rows_ = 0;
  int first_line_ = 0;
};

struct ReplayRows {
  std::vector<ReplayRow> rows;  ///< in the order of the file
  bool ids_differ = false;      ///< for certain
};

/// THROWS DataError as TraceReader, and if there is no row.
ReplayRows load_replay_rows(const std::string& file, SymbolTable& symbols,
                            Diagnostics& diagnostics);

}  // namespace blis::trace
