#include "kv/cpu_tier.h"

#include <algorithm>

#include "base/check.h"

namespace blis::kv {

void CpuTier::touch(Slot slot) {
  if (slot == kNone || entries_[slot].transfers != 0) return;
  if (entries_[slot].is_listed) unlink(slot);
  append_idle(slot);
}

CpuTier::Slot CpuTier::store(const request::BlockKey& key) {
  if (used() >= capacity_) {
    if (idle_ == 0) return kNone;
    evict_oldest();
  }
  const Slot slot = insert(key);
  ++idle_;
  append_idle(slot);
  return slot;
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
  for (const request::BlockKey& key : absent) entries_[insert(key)].transfers = -1;
  return fresh;
}

void CpuTier::complete(const request::BlockKey& key) {
  const Slot slot = slot_of(key);
  if (slot == kNone || entries_[slot].transfers != -1) return;
  entries_[slot].transfers = 0;
  ++idle_;
  append_idle(slot);
}

void CpuTier::pin(Slot slot) {
  if (slot == kNone || entries_[slot].transfers < 0) return;
  Entry& entry = entries_[slot];
  if (entry.transfers == 0) {
    if (entry.is_listed) unlink(slot);
    --idle_;
  }
  ++entry.transfers;
}

void CpuTier::unpin(Slot slot) {
  if (slot == kNone || entries_[slot].transfers < 1) return;
  if (--entries_[slot].transfers > 0) return;
  ++idle_;
  append_idle(slot);
}

std::vector<request::BlockKey> CpuTier::idle_keys() const {
  std::vector<request::BlockKey> keys;
  for (Slot slot = oldest_; slot != kNone; slot = entries_[slot].next) {
    keys.push_back(entries_[slot].key);
  }
  return keys;
}

/// A new entry, on no list yet.
CpuTier::Slot CpuTier::insert(const request::BlockKey& key) {
  Slot slot;
  if (unused_entries_.empty()) {
    slot = static_cast<Slot>(entries_.size());
    entries_.emplace_back();
  } else {
    slot = unused_entries_.back();
    unused_entries_.pop_back();
    entries_[slot] = Entry();
  }
  entries_[slot].key = key;
  entries_[slot].is_present = 1;
  entry_of_.emplace(key, slot);
  return slot;
}

void CpuTier::evict_oldest() {
  BLIS_CHECK(old_ > 0, "kv-cache 14: nothing in the CPU tier can be evicted");
  const Slot slot = oldest_;
  unlink(slot);
  --idle_;
  entry_of_.erase(entries_[slot].key);
  entries_[slot].is_present = 0;
  unused_entries_.push_back(slot);
  ++evictions_;
}

// A held copy enters the list, too: should its holder go before the next step is mirrored, this is
// its place.
void CpuTier::append_idle(Slot slot) {
  link_before(slot, kNone);
  if (is_marking_) {
    entries_[slot].is_recent = 1;
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

void CpuTier::unlink(Slot slot) {
  Entry& entry = entries_[slot];
  if (slot == first_recent_) first_recent_ = entry.next;
  if (!entry.is_recent) --old_;
  (entry.previous == kNone ? oldest_ : entries_[entry.previous].next) = entry.next;
  (entry.next == kNone ? newest_ : entries_[entry.next].previous) = entry.previous;
  entry.is_listed = 0;
  entry.is_recent = 0;
}

void CpuTier::hold(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.is_listed) unlink(slot);
  entry.holders = (entry.holders + 1U) & 0x1fff'ffffU;
}

void CpuTier::list_before_recent(Slot slot) {
  if (entries_[slot].is_listed) unlink(slot);
  link_before(slot, first_recent_);
  ++old_;
}

void CpuTier::move_to_end(Slot slot) {
  if (entries_[slot].is_listed) unlink(slot);
  link_before(slot, kNone);
  ++old_;
}

std::vector<CpuTier::Slot> CpuTier::take_recent() {
  std::vector<Slot> taken;
  while (first_recent_ != kNone) {
    taken.push_back(first_recent_);
    unlink(first_recent_);
  }
  return taken;
}

void CpuTier::mark_list() {
  is_marking_ = true;
  Slot slot = first_recent_;
  first_recent_ = kNone;
  while (slot != kNone) {
    Entry& entry = entries_[slot];
    const Slot next = entry.next;
    if (entry.holders > 0) {
      unlink(slot);
    } else {
      entry.is_recent = 0;
      ++old_;
    }
    slot = next;
  }
}

}  // namespace blis::kv
