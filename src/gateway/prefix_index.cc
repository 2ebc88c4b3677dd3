#include "gateway/prefix_index.h"

namespace blis::gateway {

std::size_t PrefixIndex::match(InstanceId instance, std::span<const request::BlockKey> keys) const {
  if (instance.index() >= sets_.size()) return 0;
  const LruSet& set = sets_[instance.index()];
  std::size_t matched = 0;
  while (matched < keys.size() && set.places.contains(keys[matched])) ++matched;
  return matched;
}

void PrefixIndex::record(InstanceId instance, std::span<const request::BlockKey> keys) {
  if (instance.index() >= sets_.size()) sets_.resize(instance.index() + 1);
  LruSet& set = sets_[instance.index()];
  for (const request::BlockKey& key : keys) {
    const auto found = set.places.find(key);
    if (found != set.places.end()) {
      unlink(set, found->second);
      link_newest(set, found->second);
      continue;
    }
    std::uint32_t entry;
    if (set.entries.size() >= capacity_) {
      entry = set.oldest;
      unlink(set, entry);
      set.places.erase(set.entries[entry].key);
    } else {
      entry = static_cast<std::uint32_t>(set.entries.size());
      set.entries.emplace_back();
    }
    set.entries[entry].key = key;
    set.places[key] = entry;
    link_newest(set, entry);
  }
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
