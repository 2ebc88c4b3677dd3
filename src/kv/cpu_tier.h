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

  CpuLookup lookup(const request::BlockKey& key) const;
  /// Makes an idle copy the most recently used; other states and unknown keys are left alone.
  void touch(const request::BlockKey& key);
  /// Takes a copy in, evicting the least recently used idle one if full. A present key is touched.
  /// False if full and nothing is idle.
  bool store(const request::BlockKey& key);
  /// Reserves a pending place for each absent key of `keys`, all or none. Returns how many; 0 also
  /// if there is no room.
  std::int64_t prepare(std::span<const request::BlockKey> keys);
  /// The read of a pending key is done: it becomes idle. Ignored in other states.
  void complete(const request::BlockKey& key);
  /// One more write reads the key; ignored if it is absent or pending.
  void pin(const request::BlockKey& key);
  /// One write less. Ignored if there is none.
  void unpin(const request::BlockKey& key);

  std::int64_t capacity() const { return capacity_; }
  std::int64_t used() const { return static_cast<std::int64_t>(entry_of_.size()); }
  std::int64_t evictable() const { return idle_; }
  std::int64_t evictions() const { return evictions_; }

  /// Transfers of a present key, as above; for tests. REQUIRES lookup(key) is not kMiss.
  std::int32_t transfers(const request::BlockKey& key) const {
    return entries_[entry_of_.at(key)].transfers;
  }
  /// Idle keys, least recently used first; for tests.
  std::vector<request::BlockKey> idle_keys() const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Entry {
    request::BlockKey key;
    std::uint32_t previous = kNone;  ///< neighbours among the idle keys
    std::uint32_t next = kNone;
    std::int32_t transfers = 0;
  };

  Entry* find(const request::BlockKey& key);
  Entry& insert(const request::BlockKey& key);
  void evict_oldest();
  void append_idle(Entry& entry);
  void unlink_idle(Entry& entry);
  std::uint32_t index_of(const Entry& entry) const {
    return static_cast<std::uint32_t>(&entry - entries_.data());
  }

  std::int64_t capacity_;
  std::int64_t idle_ = 0;
  std::int64_t evictions_ = 0;
  absl::flat_hash_map<request::BlockKey, std::uint32_t> entry_of_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> unused_entries_;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
};

}  // namespace blis::kv
