// Copies of KV blocks in host memory: a bounded set of keys, the least recently used of which makes
// room for new ones.
//
// A key is in one of three states, told by its count of transfers:
//   -1   a read from storage into host memory is on its way      not readable, not evictable
//   ("pending")
//    0   idle                                                    readable, evictable ("hit")
//   n    n writes to storage are reading it                      readable, not evictable ("hit")
// Without storage behind it (the legacy tier) every key is idle.
// SOURCE spec kv-cache 5.1, 6.5. Laws 10, 14, 16.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <span>
#include <vector>

#include "request/block_keys.h"

namespace blis::kv {

enum class CpuLookup : std::uint8_t { kMiss, kPending, kHit };

class CpuTier {
 public:
  explicit CpuTier(std::int64_t capacity_blocks) : capacity_(capacity_blocks) {}

  /// Where a copy is kept, until it is evicted.
  using Slot = std::uint32_t;
  static constexpr Slot kNone = ~Slot{0};

  CpuLookup lookup(const request::BlockKey& key) const { return state_of(slot_of(key)); }
  /// kNone if `key` is absent.
  Slot slot_of(const request::BlockKey& key) const {
    const auto found = entry_of_.find(key);
    return found == entry_of_.end() ? kNone : found->second;
  }
  const request::BlockKey& key_at(Slot slot) const { return entries_[slot].key; }
  /// Whether slot_of(key) would give `slot`, whatever became of it since. COST no lookup.
  bool is_at(Slot slot, const request::BlockKey& key) const {
    return slot < entries_.size() && entries_[slot].is_present && entries_[slot].key == key;
  }
  /// slot_of(key) for somebody who can guess: nothing is looked up if `guess` is right. Blocks of
  /// one prompt mostly lie side by side, as their copies were taken one after the other.
  Slot slot_of(const request::BlockKey& key, Slot guess) const {
    return is_at(guess, key) ? guess : slot_of(key);
  }
  /// lookup() of what is at `slot`, or of nothing.
  CpuLookup state_of(Slot slot) const {
    if (slot == kNone) return CpuLookup::kMiss;
    return entries_[slot].transfers < 0 ? CpuLookup::kPending : CpuLookup::kHit;
  }

  /// Makes an idle copy the most recently used; other states and kNone are left alone.
  void touch(Slot slot);
  /// Takes a copy in, evicting the least recently used idle one if full. kNone if full and nothing
  /// is idle. REQUIRES `key` is absent.
  Slot store(const request::BlockKey& key);
  /// Reserves a pending place for each absent key of `keys`, all or none. Returns how many; 0 also
  /// if there is no room.
  std::int64_t prepare(std::span<const request::BlockKey> keys);
  /// The read of a pending key is done: it becomes idle. Ignored in other states.
  void complete(const request::BlockKey& key);
  /// One more write reads the copy; ignored if it is pending, or none.
  void pin(Slot slot);
  /// One write less. Ignored if there is none.
  void unpin(Slot slot);

  // --- held copies, for RunningCopies
  bool is_idle(Slot slot) const { return entries_[slot].transfers == 0; }
  bool is_held(Slot slot) const { return entries_[slot].holders > 0; }
  /// Listed since the last mark_list().
  bool is_recent(Slot slot) const { return entries_[slot].is_recent; }
  /// One more holder; the first one takes the copy off the list.
  void hold(Slot slot);
  /// One holder less. The copy is not put on the list.
  void let_go(Slot slot) { entries_[slot].holders = (entries_[slot].holders - 1U) & 0x1fff'ffffU; }
  /// Puts an idle copy behind all on the list that are not recent.
  void list_before_recent(Slot slot);
  /// Puts an idle copy at the end of the list, as not recent. REQUIRES nothing on it is recent.
  void move_to_end(Slot slot);
  /// Takes the recent ones off the list and returns them in its order; no longer recent.
  std::vector<Slot> take_recent();
  /// A step has been mirrored: what is on the list is older than every held copy, and takes held
  /// ones that entered it since off the list again. COST O(entries since the last call).
  void mark_list();
  /// From now on what enters the list is not recent (nothing is held).
  void stop_marking() { is_marking_ = false; }
  /// Room for so many new copies without touching what is recent or held.
  std::int64_t room_in_old() const { return capacity_ - used() + old_; }

  std::int64_t capacity() const { return capacity_; }
  std::int64_t used() const { return static_cast<std::int64_t>(entry_of_.size()); }
  std::int64_t evictable() const { return idle_; }
  std::int64_t evictions() const { return evictions_; }

  /// Transfers of a present key, as above; for tests. REQUIRES lookup(key) is not kMiss.
  std::int32_t transfers(const request::BlockKey& key) const {
    return entries_[entry_of_.at(key)].transfers;
  }
  /// Idle keys that are not held, least recently used first; for tests.
  std::vector<request::BlockKey> idle_keys() const;

 private:
  struct Entry {
    request::BlockKey key;
    Slot previous = kNone;  ///< neighbours in the list
    Slot next = kNone;
    std::int32_t transfers = 0;
    std::uint32_t holders : 29 = 0;
    std::uint32_t is_present : 1 = 0;
    std::uint32_t is_listed : 1 = 0;
    std::uint32_t is_recent : 1 = 0;
  };
  static_assert(sizeof(Entry) == 32);

  Slot insert(const request::BlockKey& key);
  void evict_oldest();
  /// The copy has become idle, or was idle and is used again.
  void append_idle(Slot slot);
  void link_before(Slot slot, Slot next);
  void unlink(Slot slot);

  std::int64_t capacity_;
  std::int64_t idle_ = 0;  ///< copies without transfer, on the list or held
  std::int64_t old_ = 0;   ///< on the list and not recent
  std::int64_t evictions_ = 0;
  absl::flat_hash_map<request::BlockKey, Slot> entry_of_;
  std::vector<Entry> entries_;
  std::vector<Slot> unused_entries_;
  // Idle copies that nobody holds, least recently used first; recent ones stand at the end.
  Slot oldest_ = kNone;
  Slot newest_ = kNone;
  Slot first_recent_ = kNone;
  bool is_marking_ = false;
};

}  // namespace blis::kv
