// How much of a request each instance has in its KV cache, as far as the gateway knows.
//
// With delay 0 the live caches answer. Otherwise they answer as of the last common freeze: all
// views are frozen together, at the first router state built at least `delay` after the last time
// (one clock for the whole cluster, starting at 0), and each instance once when it joins. Only the
// GPU tier is visible. SOURCE spec data-plane 6.2, 13.3; kv-cache 9.
//
// The views of all instances are one index (fleet_prefix_index.h), brought up to date at a freeze
// by what changed in each cache since the last one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "gateway/fleet_prefix_index.h"
#include "gateway/instance_signals.h"
#include "kv/index_change.h"
#include "kv/kv_store.h"
#include "request/block_keys.h"

namespace blis::gateway {

class PrefixCacheViews {
 public:
  /// `in_use`: whether any scorer or decider asks. If none does, nothing is ever frozen.
  PrefixCacheViews(Micros delay, bool in_use) : delay_(delay), in_use_(in_use) {}

  /// Adds the next instance (ids in order) and freezes it now. nullptr: an instance that answers 0.
  void add(kv::KvStore* cache);
  /// A terminated instance answers 0 from now on.
  void remove(InstanceId instance);
  /// To be called whenever a router state is built. COST O(1), or O(changes in all caches) when
  /// due.
  void refresh_if_due(Micros clock);

  /// Number of leading keys that `instance` holds; 0 for an unknown instance. COST O(result)
  std::int64_t cached_blocks(InstanceId instance, std::span<const request::BlockKey> keys) const;
  /// Sets blocks[i] to cached_blocks() of candidates[i]. REQUIRES these are in instance order and
  /// blocks.size() == candidates.size(). COST that of FleetPrefixIndex::leading_blocks(); with
  /// delay 0 a look-up per candidate and per result.
  void cached_blocks(std::span<const InstanceSignals> candidates,
                     std::span<const request::BlockKey> keys, std::span<std::int64_t> blocks) const;

 private:
  bool is_live() const { return delay_ <= Micros(); }
  void freeze(std::size_t instance);

  Micros delay_;
  bool in_use_;
  Micros last_;
  std::vector<kv::KvStore*> caches_;
  FleetPrefixIndex frozen_;                  // empty if live
  std::vector<kv::IndexChange> changes_;     // scratch
  mutable std::vector<std::int64_t> found_;  // scratch: blocks by instance
};

}  // namespace blis::gateway
