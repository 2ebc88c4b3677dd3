// What the gateway believes about one instance.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"

namespace blis::gateway {

/// What an instance reports that hardly any policy looks at; all scraped.
struct InstanceDetails {
  double cache_hit_ratio = 0.0;  ///< of all blocks looked up so far
  std::int64_t free_kv_blocks = 0;
  std::int64_t total_kv_tokens = 0;  ///< capacity
  std::int64_t kv_tokens_in_use = 0;
  std::int64_t preemptions = 0;           ///< cumulative
  std::vector<Symbol> resident_adapters;  ///< least recently used first
};
inline const InstanceDetails kNoDetails;

/// Signals of one instance at one decision: few bytes, since policies read those of all candidates
/// for every request. "Scraped" fields are as old as the refresh interval allows, and all zero
/// before the first refresh; `in_flight_requests` is the gateway's own count, never stale. SOURCE
/// spec data-plane 6.1.
struct InstanceSignals {
  InstanceId instance;
  std::int32_t waiting_requests = 0;    ///< scraped: queued at the instance, not in its batch
  std::int32_t running_requests = 0;    ///< scraped: in its batch
  std::int32_t in_flight_requests = 0;  ///< routed and not finished; includes the two above
  double kv_utilization_ratio =
      0.0;  ///< scraped: blocks in use / all blocks; cached but unreferenced blocks are free
  const InstanceDetails* details = &kNoDetails;  ///< never nullptr; as old as the rest
};
static_assert(sizeof(InstanceSignals) == 32);

/// waiting + running + in flight. A request that waits or runs is also in flight and so counts
/// twice while the signals are fresh: spec data-plane 6.1 [QUIRK].
inline std::int64_t effective_load(const InstanceSignals& signals) {
  return std::int64_t{signals.waiting_requests} + signals.running_requests +
         signals.in_flight_requests;
}

/// Everything that a policy may look at in one decision.
struct RouterState {
  Micros clock;
  /// Routable instances that may serve the request, in instance order. Valid until the next call on
  /// the SignalBook.
  std::span<const InstanceSignals> candidates;
};

/// What does not change during an instance's life.
struct InstanceProfile {
  std::string name;  ///< `instance_<n>`
  Symbol model = SymbolTable::empty();
  std::string gpu_type;
  std::int64_t tensor_parallelism = 1;
  double cost_usd_per_hour = 0;
  std::int64_t max_batch_size = 0;  ///< max-num-seqs
};

}  // namespace blis::gateway
