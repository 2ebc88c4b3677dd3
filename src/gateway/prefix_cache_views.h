// How much of a request each instance has in its KV cache, as far as the gateway knows.
//
// With delay 0 the live caches answer. Otherwise they answer as of the last common freeze: all
// views are frozen together, at the first router state built at least `delay` after the last time
// (one clock for the whole cluster, starting at 0), and each instance once when it joins. Only the
// GPU tier is visible. SOURCE spec data-plane 6.2, 13.3; kv-cache 9.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "gateway/instance_signals.h"
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
  void remove(InstanceId instance) { caches_[instance.index()] = nullptr; }
  /// To be called whenever a router state is built. COST O(1), or O(changes in all caches) when
  /// due.
  void refresh_if_due(Micros clock);

  /// Number of leading keys that `instance` holds; 0 for an unknown instance.
  std::int64_t cached_blocks(InstanceId instance, std::span<const request::BlockKey> keys) const {
    if (instance.index() >= caches_.size()) return 0;
    const kv::KvStore* cache = caches_[instance.index()];
    if (cache == nullptr || keys.empty()) return 0;
    return is_live() ? cache->cached_prefix_blocks(keys) : cache->frozen_prefix_blocks(keys);
  }

 private:
  bool is_live() const { return delay_ <= Micros(); }

  Micros delay_;
  bool in_use_;
  Micros last_;
  std::vector<kv::KvStore*> caches_;
};

}  // namespace blis::gateway
