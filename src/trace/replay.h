// From a trace to the requests of a replay.
//
//   fixed        every row is a request of its own that arrives when it was sent
//   closed-loop  the first round of each session arrives; the others follow when the one before has
//   ended
//
// Token ids are drawn anew from the run's seed: a trace holds lengths, and groups of rows that
// share a prefix. SOURCE spec traces 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "request/request_source.h"
#include "trace/trace_header.h"
#include "workload/length_sampler.h"
#include "workload/session_manager.h"

namespace blis::trace {

struct ReplayOptions {
  std::int64_t seed = 42;  ///< of the run; the header's workload seed plays no part
  std::int64_t block_size = 16;
  bool closed_loop = false;
  std::optional<Micros> horizon{};  ///< --horizon, if given
  /// Closed loop: replaces the think times of the trace (--think-time-ms, --think-time-dist).
  std::shared_ptr<workload::LengthSampler> think_time{};
  /// Whether built() will be asked for, as a re-export does. Without it, fixed mode reads the rows
  /// of a file a second time as they arrive, instead of keeping them (streamed_source.h).
  bool keep_built = true;
};

/// The requests of the trace, in order of arrival. Tokens are drawn when a request is asked for, in
/// the order of the file.
class ReplaySource : public request::RequestSource {
 public:
  /// Blocks of tokens that no other request can have may go without keys (request/block_keys.h),
  /// which whoever has caches below the GPUs or several instances for one request cannot do with.
  /// The requests are the same otherwise, and drawn faster. REQUIRES no request was asked for yet,
  /// and there are no sessions.
  virtual void use_private_blocks() = 0;
  /// How many requests there are.
  virtual std::size_t size() const = 0;
  /// The requests in the order in which they were built, without token keys: the order of a
  /// re-exported trace, whether they arrived in the run or not. In fixed mode that is the order of
  /// the file. REQUIRES ReplayOptions::keep_built, as does arrival_order().
  virtual const std::vector<request::RequestSpec>& built() const = 0;
  /// built() index of the k-th request that next() gives.
  virtual const std::vector<std::size_t>& arrival_order() const = 0;
};

struct Replay {
  std::unique_ptr<ReplaySource> source;
  std::unique_ptr<workload::SessionManager>
      sessions;    ///< nullptr in fixed mode, or without sessions
  Micros horizon;  ///< of the simulation: --horizon, else twice the last arrival. SOURCE spec
                   ///< traces 7.4
  bool ids_differ = false;  ///< for certain; results are kept by id, one for each
};

/// Builds the requests of the trace in `data_file`. `symbols` and `diagnostics` outlive the result.
/// THROWS DataError with file and line (spec traces 4; an empty trace; in a closed loop a session
/// whose rounds are not 0, 1, …, n-1), ConfigError for a header's `session_context_growth` that is
/// not known. COST what a request needs for its trace row stays in memory, unless ReplayOptions
/// says otherwise; its tokens do not.
Replay build_replay(const TraceHeader& header, const std::string& data_file,
                    const ReplayOptions& options, SymbolTable& symbols, Diagnostics& diagnostics);

}  // namespace blis::trace
