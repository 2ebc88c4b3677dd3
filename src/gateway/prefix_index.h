// The gateway's own memory of which prefixes it sent where: per instance an LRU set of block keys.
//
// A recorded chain enters block by block, first block first, so the first block is the oldest of
// its chain and goes first when the set is full [QUIRK, spec data-plane W-B7]. Private blocks,
// which nobody asks for, take room like all others: as many as stand in a row are one entry. SOURCE
// spec data-plane 13.2.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "request/block_keys.h"

namespace blis::gateway {

class PrefixIndex {
 public:
  explicit PrefixIndex(std::size_t capacity_per_instance) : capacity_(capacity_per_instance) {}

  /// Number of leading keys that the instance's set holds. COST O(result). Touches nothing.
  std::size_t match(InstanceId instance, std::span<const request::BlockKey> keys) const;
  /// Makes a chain of `blocks` blocks, of which the first have these keys and the others are
  /// private, the most recently used of the instance's set, in order. COST O(keys + entries that
  /// have to go). REQUIRES blocks >= keys.size().
  void record(InstanceId instance, std::span<const request::BlockKey> keys, std::int64_t blocks);

 private:
  static constexpr std::uint32_t kNil = 0xffffffff;

  struct Entry {
    request::BlockKey key;             // if `private_blocks` is 0
    std::uint64_t private_blocks = 0;  // that this entry stands for
    std::uint32_t newer = kNil;
    std::uint32_t older = kNil;
  };
  struct LruSet {
    absl::flat_hash_map<request::BlockKey, std::uint32_t> places;
    std::vector<Entry> entries;
    std::vector<std::uint32_t> unused;  // of entries
    std::uint64_t blocks = 0;
    std::uint32_t newest = kNil;
    std::uint32_t oldest = kNil;
  };

  static std::uint32_t new_entry(LruSet& set);
  static void record_private(LruSet& set, std::uint64_t blocks);
  void evict_surplus(LruSet& set) const;
  static void unlink(LruSet& set, std::uint32_t entry);
  static void link_newest(LruSet& set, std::uint32_t entry);

  std::size_t capacity_;
  std::vector<LruSet> sets_;  // by instance
};

}  // namespace blis::gateway
