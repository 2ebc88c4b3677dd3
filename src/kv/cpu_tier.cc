#include "kv/cpu_tier.h"

#include <algorithm>

#include "base/check.h"

namespace blis::kv {

CpuLookup CpuTier::lookup(const request::BlockKey& key) const {
  const auto found = entry_of_.find(key);
  if (found == entry_of_.end()) return CpuLookup::kMiss;
  return entries_[found->second].transfers < 0 ? CpuLookup::kPending : CpuLookup::kHit;
}

void CpuTier::touch(const request::BlockKey& key) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->transfers != 0) return;
  unlink_idle(*entry);
  append_idle(*entry);
}

bool CpuTier::store(const request::BlockKey& key) {
  if (entry_of_.contains(key)) {
    touch(key);
    return true;
  }
  if (used() >= capacity_) {
    if (idle_ == 0) return false;
    evict_oldest();
  }
  append_idle(insert(key));
  return true;
}

std::int64_t CpuTier::prepare(std::span<const request::BlockKey> keys) {
  const std::int64_t fresh = std::ranges::count_if(
      keys, [this](const request::BlockKey& key) { return !entry_of_.contains(key); });
  const std::int64_t free = capacity_ - used();
  if (fresh == 0 || fresh > free + idle_) return 0;
  // Which keys are new is settled before anything is evicted: making room may evict keys of the
  // same run, which then stay away [spec kv-cache W17].
  std::vector<request::BlockKey> absent;
  for (const request::BlockKey& key : keys) {
    if (!entry_of_.contains(key)) absent.push_back(key);
  }
  for (std::int64_t i = free; i < fresh; ++i) evict_oldest();
  for (const request::BlockKey& key : absent) insert(key).transfers = -1;
  return fresh;
}

void CpuTier::complete(const request::BlockKey& key) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->transfers != -1) return;
  entry->transfers = 0;
  append_idle(*entry);
}

void CpuTier::pin(const request::BlockKey& key) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->transfers < 0) return;
  if (entry->transfers == 0) unlink_idle(*entry);
  ++entry->transfers;
}

void CpuTier::unpin(const request::BlockKey& key) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->transfers < 1) return;
  if (--entry->transfers == 0) append_idle(*entry);
}

std::vector<request::BlockKey> CpuTier::idle_keys() const {
  std::vector<request::BlockKey> keys;
  for (std::uint32_t i = oldest_; i != kNone; i = entries_[i].next) keys.push_back(entries_[i].key);
  return keys;
}

CpuTier::Entry* CpuTier::find(const request::BlockKey& key) {
  const auto found = entry_of_.find(key);
  return found == entry_of_.end() ? nullptr : &entries_[found->second];
}

/// A new entry, on no list yet.
CpuTier::Entry& CpuTier::insert(const request::BlockKey& key) {
  std::uint32_t index;
  if (unused_entries_.empty()) {
    index = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = unused_entries_.back();
    unused_entries_.pop_back();
    entries_[index] = Entry();
  }
  entries_[index].key = key;
  entry_of_.emplace(key, index);
  return entries_[index];
}

void CpuTier::evict_oldest() {
  BLIS_CHECK(oldest_ != kNone, "kv-cache 14: nothing in the CPU tier can be evicted");
  const std::uint32_t index = oldest_;
  unlink_idle(entries_[index]);
  entry_of_.erase(entries_[index].key);
  unused_entries_.push_back(index);
  ++evictions_;
}

void CpuTier::append_idle(Entry& entry) {
  const std::uint32_t index = index_of(entry);
  entry.previous = newest_;
  entry.next = kNone;
  (newest_ == kNone ? oldest_ : entries_[newest_].next) = index;
  newest_ = index;
  ++idle_;
}

void CpuTier::unlink_idle(Entry& entry) {
  (entry.previous == kNone ? oldest_ : entries_[entry.previous].next) = entry.next;
  (entry.next == kNone ? newest_ : entries_[entry.next].previous) = entry.previous;
  --idle_;
}

}  // namespace blis::kv
