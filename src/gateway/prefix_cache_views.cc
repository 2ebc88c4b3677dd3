#include "gateway/prefix_cache_views.h"

#include <algorithm>

namespace blis::gateway {

void PrefixCacheViews::add(kv::KvStore* cache) {
  caches_.push_back(cache);
  if (in_use_ && !is_live()) freeze(caches_.size() - 1);
}

void PrefixCacheViews::remove(InstanceId instance) {
  caches_[instance.index()] = nullptr;
  frozen_.remove(instance);
}

void PrefixCacheViews::freeze(std::size_t instance) {
  if (caches_[instance] == nullptr) return;
  caches_[instance]->take_view_changes(changes_);
  frozen_.apply(InstanceId(instance), changes_);
}

void PrefixCacheViews::refresh_if_due(Micros clock) {
  if (!in_use_ || is_live() || clock - last_ < delay_) return;
  last_ = clock;
  for (std::size_t i = 0; i < caches_.size(); ++i) freeze(i);
}

std::int64_t PrefixCacheViews::cached_blocks(InstanceId instance,
                                             std::span<const request::BlockKey> keys) const {
  if (instance.index() >= caches_.size()) return 0;
  if (!is_live()) return frozen_.leading_blocks(instance, keys);
  const kv::KvStore* cache = caches_[instance.index()];
  return cache == nullptr || keys.empty() ? 0 : cache->cached_prefix_blocks(keys);
}

void PrefixCacheViews::cached_blocks(std::span<const InstanceSignals> candidates,
                                     std::span<const request::BlockKey> keys,
                                     std::span<std::int64_t> blocks) const {
  if (is_live()) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      blocks[i] = cached_blocks(candidates[i].instance, keys);
    }
    return;
  }
  // Candidates stand in instance order, mostly all of them.
  if (candidates.size() == caches_.size()) return frozen_.leading_blocks(keys, blocks);
  found_.resize(caches_.size());
  frozen_.leading_blocks(keys, found_);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::size_t instance = candidates[i].instance.index();
    blocks[i] = instance < found_.size() ? found_[instance] : 0;
  }
}

}  // namespace blis::gateway
