#include "gateway/prefix_index.h"

#include <algorithm>

namespace blis::gateway {

std::size_t PrefixIndex::match(InstanceId instance, std::span<const request::BlockKey> keys) const {
  if (instance.index() >= sets_.size()) return 0;
  const LruSet& set = sets_[instance.index()];
  std::size_t matched = 0;
  while (matched < keys.size() && set.places.contains(keys[matched])) ++matched;
  return matched;
}

void PrefixIndex::record(InstanceId instance, std::span<const request::BlockKey> keys,
                         std::int64_t blocks) {
  if (instance.index() >= sets_.size()) sets_.resize(instance.index() + 1);
  LruSet& set = sets_[instance.index()];
  for (const request::BlockKey& key : keys) {
    const auto [place, is_new] = set.places.try_emplace(key, kNil);
    if (is_new) {
      place->second = new_entry(set);
      set.entries[place->second].key = key;
      ++set.blocks;
    } else {
      unlink(set, place->second);
    }
    link_newest(set, place->second);
    evict_surplus(set);
  }
  record_private(set, static_cast<std::uint64_t>(blocks) - keys.size());
  evict_surplus(set);
}

void PrefixIndex::record_private(LruSet& set, std::uint64_t blocks) {
  if (blocks == 0) return;
  if (set.newest == kNil || set.entries[set.newest].private_blocks == 0) {
    link_newest(set, new_entry(set));
  }
  set.entries[set.newest].private_blocks += blocks;
  set.blocks += blocks;
}

void PrefixIndex::evict_surplus(LruSet& set) const {
  while (set.blocks > capacity_) {
    Entry& oldest = set.entries[set.oldest];
    if (oldest.private_blocks > 0) {
      const std::uint64_t gone =
          std::min<std::uint64_t>(set.blocks - capacity_, oldest.private_blocks);
      oldest.private_blocks -= gone;
      set.blocks -= gone;
      if (oldest.private_blocks > 0) return;
    } else {
      set.places.erase(oldest.key);
      --set.blocks;
    }
    set.unused.push_back(set.oldest);
    unlink(set, set.oldest);
  }
}

std::uint32_t PrefixIndex::new_entry(LruSet& set) {
  if (set.unused.empty()) {
    set.entries.emplace_back();
    return static_cast<std::uint32_t>(set.entries.size() - 1);
  }
  const std::uint32_t entry = set.unused.back();
  set.unused.pop_back();
  return entry;
}

void PrefixIndex::unlink(LruSet& set, std::uint32_t entry) {
  const Entry& e = set.entries[entry];
  (e.newer == kNil ? set.newest : set.entries[e.newer].older) = e.older;
  (e.older == kNil ? set.oldest : set.entries[e.older].newer) = e.newer;
}

void PrefixIndex::link_newest(LruSet& set, std::uint32_t entry) {
  set.entries[entry].newer = kNil;
  set.entries[entry].older = set.newest;
  (set.newest == kNil ? set.oldest : set.entries[set.newest].newer) = entry;
  set.newest = entry;
}

}  // namespace blis::gateway
