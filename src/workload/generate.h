// The one entrance: from a workload spec to the stream of its requests and the sessions that answer
// completions.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/diagnostics.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "request/request_source.h"
#include "workload/session_manager.h"
#include "workload/workload_spec.h"

namespace blis::workload {

struct GenerationOptions {
  Micros horizon = Micros::max();
  std::int64_t max_requests =
      0;  ///< 0 = unlimited; counts pre-generated rounds that are discarded later, too
  std::int64_t block_size = 16;  ///< tokens per KV block
  bool lazy =
      false;  ///< `--lazy-generation`: same requests, other treatment of the cases of spec 15.6
  /// Deadline of every request and follow-up, relative to its arrival, whatever the spec says; 0 =
  /// none.
  std::optional<std::int64_t> timeout_override_us;
  std::shared_ptr<LengthSampler> think_time;  ///< `--think-time-dist`: on every session
  /// Whether blocks of tokens that no other request can have may go without keys (request/
  /// block_keys.h), which whoever has caches below the GPUs or several instances for one request
  /// cannot do with. The requests are the same otherwise, and drawn faster.
  bool private_blocks = false;
  TokenObserver* observer = nullptr;  ///< outlives everything generated; not for simulations
};

struct GeneratedWorkload {
  std::unique_ptr<request::RequestSource> source;
  std::unique_ptr<SessionManager>
      sessions;                   ///< nullptr if the workload has no closed-loop sessions
  std::size_t session_count = 0;  ///< blueprints
  std::optional<std::int64_t> follow_up_budget;
};

/// Expands, validates and starts `spec`. SOURCE spec workload 4.9, 5-16.
/// `symbols` and `diagnostics` outlive the result; `spec` need not.
/// THROWS ConfigError ("invalid workload spec: ...") or DataError (ServeGen files). A distribution
/// that cannot be built
///         and is only found out while streaming in lazy mode makes source->next() throw (spec
///         workload 15.6).
/// COST  the requests themselves are drawn by source->next(): a few ns per token, nothing kept.
/// With closed-loop sessions
///       or concurrency pools all initial requests are made here, without their tokens.
GeneratedWorkload generate(const WorkloadSpec& spec, const GenerationOptions& options,
                           SymbolTable& symbols, Diagnostics& diagnostics);

}  // namespace blis::workload
