// `blis trace slice`, `scale`, `merge` and `anonymize`: traces made of traces. Each reads rows and
// writes rows; none keeps them, but some read the file more than once, so that it cannot be a pipe.
// The columns of the result are those of what was read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"

namespace blis::trace {

/// Which trace is read and what the new one is called (see trace_files()).
struct RewriteFiles {
  std::string header{};
  std::string data{};
  std::string output{};
};

struct SliceOptions {
  double from_s = 0;           ///< after the first arrival of the trace
  double to_s = 0;             ///< 0 = no end
  std::int64_t skip_rows = 0;  ///< of the file, before anything else
  std::int64_t rows = 0;       ///< to be looked at after these; 0 = all
  std::string tenant{};        ///< "" = any, as the following
  std::string slo_class{};
  std::string model{};
  std::string status{};
  bool rebase = false;  ///< arrivals and deadlines, and the times of the exchange, begin at 0
};

/// Keeps the rows that meet every condition, with their ids. THROWS ConfigError for times or counts
/// out of range, and as the readers; DataError if no row is left. COST one row of memory.
void slice_trace(const RewriteFiles& files, const SliceOptions& options);

struct ScaleOptions {
  double rate_factor = 1;
  std::string method = "compress";  ///< `compress`, `thin`, `superpose`
  std::uint64_t seed = 42;
  double copy_delay_s = 1;  ///< superpose: copy k starts k times this later
};

/// Changes the arrival rate by `rate_factor` > 0:
///   compress   arrival' = first + (arrival - first) / factor, sending likewise; what follows the
///              sending (latencies), deadlines relative to arrivals and think times stay
///   thin       factor <= 1: each session, and each row without one, stays with probability factor
///   superpose  factor >= 1: whole copies and a thinned one, merged by arrival; sessions of a copy
///              are sessions of their own, prefix groups are shared, rows are numbered anew
/// What stays when thinning is a function of the seed and of the session's name (or the row's
/// number), so a thinner trace is a part of a denser one.
/// THROWS ConfigError for a factor the method cannot do.
void scale_trace(const RewriteFiles& files, const ScaleOptions& options);

/// Merges by arrival; at equal arrivals the order of `data_files` decides. Rows are numbered anew.
/// Session ids and prefix groups of the k-th file (k > 0) get the suffix `@k`: equal names in
/// different traces are different things. `header_file` "" writes a fresh header.
void merge_traces(const std::vector<std::string>& data_files, const std::string& header_file,
                  const std::string& output);

struct AnonymizeOptions {
  bool models = false;  ///< models, too; their names decide which instances of pools may serve them
};

/// Replaces clients, tenants, sessions, prefix groups and adapters by `client-0`, … in order of
/// first appearance, empties error messages and the ids of HTTP requests, lets times begin at 0,
/// and keeps of the header only what a replay needs. Equal names stay equal; request numbers,
/// lengths, classes and statuses stay. COST memory for the distinct names.
void anonymize_trace(const RewriteFiles& files, const AnonymizeOptions& options);

}  // namespace blis::trace
