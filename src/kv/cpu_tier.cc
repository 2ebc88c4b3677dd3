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
  if (entry->is_listed) unlink(*entry);
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
  Entry& entry = insert(key);
  ++idle_;
  append_idle(entry);
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
  ++idle_;
  append_idle(*entry);
}

void CpuTier::pin(const request::BlockKey& key) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->transfers < 0) return;
  if (entry->transfers == 0) {
    if (entry->is_listed) unlink(*entry);
    --idle_;
  }
  ++entry->transfers;
}

void CpuTier::unpin(const request::BlockKey& key) {
  Entry* entry = find(key);
  if (entry == nullptr || entry->transfers < 1) return;
  if (--entry->transfers > 0) return;
  ++idle_;
  append_idle(*entry);
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
  BLIS_CHECK(old_ > 0, "kv-cache 14: nothing in the CPU tier can be evicted");
  const Slot index = oldest_;
  unlink(entries_[index]);
  --idle_;
  entry_of_.erase(entries_[index].key);
  unused_entries_.push_back(index);
  ++evictions_;
}

// A held copy enters the list, too: should its holder go before the next step is mirrored, this is
// its place.
void CpuTier::append_idle(Entry& entry) {
  const Slot slot = index_of(entry);
  link_before(slot, kNone);
  if (is_marking_) {
    entry.is_recent = 1;
    if (first_recent_ == kNone) first_recent_ = slot;
  } else {
    ++old_;
  }
}

void CpuTier::link_before(Slot slot, Slot next) {
  Entry& entry = entries_[slot];
  const Slot previous = next == kNone ? newest_ : entries_[next].previous;
  entry.previous = previous;
  entry.next = next;
  (previous == kNone ? oldest_ : entries_[previous].next) = slot;
  (next == kNone ? newest_ : entries_[next].previous) = slot;
  entry.is_listed = 1;
}

void CpuTier::unlink(Entry& entry) {
  if (index_of(entry) == first_recent_) first_recent_ = entry.next;
  if (!entry.is_recent) --old_;
  (entry.previous == kNone ? oldest_ : entries_[entry.previous].next) = entry.next;
  (entry.next == kNone ? newest_ : entries_[entry.next].previous) = entry.previous;
  entry.is_listed = 0;
  entry.is_recent = 0;
}

void CpuTier::hold(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.is_listed) unlink(entry);
  entry.holders = (entry.holders + 1U) & 0x3fff'ffffU;
}

void CpuTier::list_before_recent(Slot slot) {
  if (entries_[slot].is_listed) unlink(entries_[slot]);
  link_before(slot, first_recent_);
  ++old_;
}

void CpuTier::move_to_end(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.is_listed) unlink(entry);
  link_before(slot, kNone);
  ++old_;
}

std::vector<CpuTier::Slot> CpuTier::take_recent() {
  std::vector<Slot> taken;
  while (first_recent_ != kNone) {
    taken.push_back(first_recent_);
    unlink(entries_[first_recent_]);
  }
  return taken;
}

void CpuTier::mark_list() {
  is_marking_ = true;
  Slot slot = first_recent_;
  first_recent_ = kNone;
  while (slot != kNone) {
    Entry& entry = entries_[slot];
    slot = entry.next;
    if (entry.holders > 0) {
      unlink(entry);
    } else {
      entry.is_recent = 0;
      ++old_;
    }
  }
}

}  // namespace blis::kv
