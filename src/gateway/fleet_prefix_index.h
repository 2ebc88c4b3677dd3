// Which instances have which KV block, as they last told: one index for the whole fleet, as the
// indexer has it that feeds llm-d's precise prefix-cache scorer.
//
// A prefix is looked up once, not once per instance: who has its first blocks is the intersection
// of the sets of holders of these blocks. Most blocks are somebody's alone, so that a set is either
// one instance or a row of bits.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "kv/index_change.h"
#include "request/block_keys.h"

namespace blis::gateway {

class FleetPrefixIndex {
 public:
  /// Follows what one instance says. REQUIRES instance.index() <= 2^31. COST O(changes)
  void apply(InstanceId instance, std::span<const kv::IndexChange> changes);
  /// Forgets an instance. COST O(keys of the fleet)
  void remove(InstanceId instance);

  /// Number of leading keys that `instance` holds. COST O(result)
  std::int64_t leading_blocks(InstanceId instance, std::span<const request::BlockKey> keys) const;
  /// Sets blocks[i] to the number of leading keys that instance i holds, for the instances
  /// 0 … blocks.size() - 1, which must be all that ever said something. COST O(blocks.size()) at
  /// the speed of memory, one look-up per key that anybody holds with all before it, and
  /// O(instances / 64) for each that several hold.
  void leading_blocks(std::span<const request::BlockKey> keys,
                      std::span<std::int64_t> blocks) const;

  std::size_t num_keys() const { return holders_.size(); }

 private:
  /// Who holds a key: one instance, or the set `number`.
  struct Holders {
    std::uint32_t is_set : 1;
    std::uint32_t number : 31;
  };
  static constexpr std::uint32_t kNumberMask = 0x7fff'ffff;
  static Holders sole(std::uint32_t instance) {
    return {.is_set = 0, .number = instance & kNumberMask};
  }
  using Word = std::uint64_t;
  static constexpr std::size_t kBits = 64;

  std::span<Word> set(std::uint32_t number) {
    return std::span(words_).subspan(number * words_per_set_, words_per_set_);
  }
  std::span<const Word> set(std::uint32_t number) const {
    return std::span(words_).subspan(number * words_per_set_, words_per_set_);
  }
  /// Holders of keys[i]; nullptr if nobody has it. Keys are looked up in their order, and where the
  /// next ones stand is a cache miss each: their memory is asked for in advance.
  const Holders* holders_of(std::span<const request::BlockKey> keys, std::size_t i) const;
  static constexpr std::size_t kLookAhead = 6;
  bool has(Holders holders, std::size_t instance) const;
  void add(const request::BlockKey& key, std::uint32_t instance);
  /// Returns whether somebody else holds the key.
  bool drop(Holders& holders, std::uint32_t instance);
  std::uint32_t new_set();
  void widen_sets(std::size_t words_per_set);

  absl::flat_hash_map<request::BlockKey, Holders> holders_;
  std::size_t words_per_set_ = 1;
  std::vector<Word> words_;               // of all sets, one after the other
  std::vector<std::uint32_t> set_sizes_;  // by set; a set in use has two members or more
  std::vector<std::uint32_t> unused_sets_;
  mutable std::vector<Word> current_;  // scratch: who has all keys so far
};

}  // namespace blis::gateway
