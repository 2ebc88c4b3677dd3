#include "gateway/prefix_cache_views.h"

#include <algorithm>

namespace blis::gateway {

void PrefixCacheViews::add(kv::KvStore* cache) {
  caches_.push_back(cache);
  versions_.push_back(1);
  if (in_use_ && !is_live() && cache != nullptr) cache->freeze_view();
}

void PrefixCacheViews::remove(InstanceId instance) {
  caches_[instance.index()] = nullptr;
  ++versions_[instance.index()];
}

void PrefixCacheViews::refresh_if_due(Micros clock) {
  if (!in_use_ || is_live() || clock - last_ < delay_) return;
  last_ = clock;
  for (std::size_t i = 0; i < caches_.size(); ++i) {
    if (caches_[i] != nullptr && caches_[i]->freeze_view()) ++versions_[i];
  }
}

std::int64_t PrefixCacheViews::cached_blocks(InstanceId instance,
                                             std::span<const request::BlockKey> keys) const {
  if (instance.index() >= caches_.size()) return 0;
  const kv::KvStore* cache = caches_[instance.index()];
  if (cache == nullptr || keys.empty()) return 0;
  return is_live() ? cache->cached_prefix_blocks(keys) : cache->frozen_prefix_blocks(keys);
}

void PrefixCacheViews::cached_blocks(std::span<const InstanceSignals> candidates,
                                     std::span<const request::BlockKey> keys,
                                     std::span<std::int64_t> blocks) const {
  if (keys.empty()) {
    std::ranges::fill(blocks, 0);
    return;
  }
  if (is_live()) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      blocks[i] = cached_blocks(candidates[i].instance, keys);
    }
    return;
  }
  Memo& memo = memo_of(keys);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::size_t instance = candidates[i].instance.index();
    if (instance >= caches_.size()) {
      blocks[i] = 0;
      continue;
    }
    Memo::Answer& answer = memo.answers[instance];
    if (answer.version != versions_[instance]) {
      answer.version = versions_[instance];
      answer.blocks = static_cast<std::uint32_t>(cached_blocks(candidates[i].instance, keys));
    }
    blocks[i] = answer.blocks;
  }
}

PrefixCacheViews::Memo& PrefixCacheViews::memo_of(std::span<const request::BlockKey> keys) const {
  Memo& memo = memos_[keys.back().high % kMemos];
  if (memo.last_key != keys.back() || memo.length != keys.size()) {
    memo.last_key = keys.back();
    memo.length = keys.size();
    memo.answers.assign(caches_.size(), {});
  }
  memo.answers.resize(caches_.size());
  return memo;
}

}  // namespace blis::gateway
