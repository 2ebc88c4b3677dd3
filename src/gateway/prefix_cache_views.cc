#include "gateway/prefix_cache_views.h"

namespace blis::gateway {

void PrefixCacheViews::add(kv::KvStore* cache) {
  caches_.push_back(cache);
  if (in_use_ && !is_live() && cache != nullptr) cache->freeze_view();
}

void PrefixCacheViews::refresh_if_due(Micros clock) {
  if (!in_use_ || is_live() || clock - last_ < delay_) return;
  last_ = clock;
  for (kv::KvStore* cache : caches_) {
    if (cache != nullptr) cache->freeze_view();
  }
}

}  // namespace blis::gateway
