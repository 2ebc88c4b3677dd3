// The GPU blocks of one instance: who is free, in which order they are reused, and which keys can
// be found.
//
// A block is in use while requests hold it and otherwise stands in the free list, whose head is the
// next victim. A block that was given back keeps its key and stays findable until it is taken for
// other content: it is cached and free at once.
//
// Which block it is matters only where somebody may look for it. Private blocks (request/
// block_keys.h) are therefore counted, not named: their holders know how many they have, and in the
// free list as many of them as were given back in a row are one entry, a run.
//
//   L1  blocks in use + blocks in the free list = capacity; no block stands in the list twice
//   L2  a block has references exactly while it is not in the free list
//   L3  a findable key names a full block with that key (the converse fails: two blocks may share a
//   key, and only the
//       younger is findable, spec kv-cache 3.4 note 7 [BUG of the reference, W4])
//
// SOURCE spec kv-cache 3.1, 3.2, 9.2.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "kv/index_change.h"
#include "request/block_keys.h"

namespace blis::kv {

class BlockPool {
 public:
  /// COST O(1): blocks come into being when they are first taken.
  explicit BlockPool(std::int64_t total_blocks)
      : total_blocks_(total_blocks), untouched_blocks_(total_blocks) {}

  std::int64_t total_blocks() const { return total_blocks_; }
  std::int64_t free_blocks() const { return total_blocks_ - used_blocks_; }
  std::int64_t used_blocks() const { return used_blocks_; }

  /// Takes the next victim out of the free list and strips it of tokens and key. It has no
  /// references yet: the caller adds one or gives it back. Erases the index entry of the victim's
  /// old key even if that entry names another block by now [BUG of the reference, W4]. REQUIRES
  /// free_blocks() > 0.
  BlockId take_victim();
  /// One more holder; the first one takes the block out of the free list.
  void add_reference(BlockId block);
  /// One holder less; the last one puts the block at the end of the free list, with its key.
  void drop_reference(BlockId block);
  /// Puts a victim that nobody holds back at the end of the free list.
  void append_free(BlockId block);
  /// take_victim() for somebody who holds the block at once.
  BlockId open() {
    const BlockId block = take_victim();
    blocks_[block.index()].set_references(1);
    ++used_blocks_;
    return block;
  }

  /// Takes the next `count` victims for somebody's private use. COST O(named blocks and runs among
  /// them). REQUIRES count <= free_blocks().
  void open_private(std::int64_t count);
  /// Puts `count` private blocks at the end of the free list. COST O(1).
  void close_private(std::int64_t count);
  /// Makes a named block, with its holder as the only one, of a private block in use.
  BlockId name_private();

  bool is_in_use(BlockId block) const { return blocks_[block.index()].references != 0; }
  std::int64_t tokens(BlockId block) const { return blocks_[block.index()].tokens; }
  void set_tokens(BlockId block, std::int64_t tokens) {
    blocks_[block.index()].tokens = static_cast<std::uint32_t>(tokens);
  }
  /// nullptr for a block without identity. Valid until the next call that changes the pool.
  const request::BlockKey* key(BlockId block) const {
    const Block& b = blocks_[block.index()];
    return b.is_keyed ? &b.key : nullptr;
  }
  /// Gives a full block its identity; from now on `key` finds this block and no other.
  void publish(BlockId block, const request::BlockKey& key);

  /// How often a key came to find another block than before, or none. While this stands still and
  /// no block is given back, what a waiting request could claim does not change, except that it may
  /// find more keys.
  std::uint64_t key_losses() const { return key_losses_; }

  std::optional<BlockId> find(const request::BlockKey& key) const {
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    return found->second;
  }
  bool contains(const request::BlockKey& key) const { return index_.contains(key); }
  /// Whether find(key) would give `block`, whatever became of it since it was named. COST no
  /// lookup.
  bool is_found_by(BlockId block, const request::BlockKey& key) const {
    if (block.index() >= blocks_.size()) return false;
    const Block& b = blocks_[block.index()];
    return b.is_findable && b.key == key;
  }

  /// KvStore::take_view_changes().
  void take_view_changes(std::vector<IndexChange>& changes);

  /// From now on every change of what can be found is kept for take_index_changes().
  void record_index_changes() { is_recording_ = true; }
  /// The changes since the last call, in their order. A key whose block changes, but that can be
  /// found before and after, has not changed.
  std::vector<IndexChange> take_index_changes() { return std::exchange(index_changes_, {}); }

  /// Free blocks, next victim first. REQUIRES there are no private blocks. COST O(total_blocks());
  /// for tests.
  std::vector<BlockId> free_list() const;
  /// Ends the process if a law L1 to L3 is broken. COST O(blocks ever taken); for tests and
  /// fuzzers.
  void audit() const;

 private:
  static constexpr std::uint32_t kNone = BlockId::none().value();

  /// A named block, or an entry of the free list that stands for a run of private ones.
  struct Block {
    request::BlockKey key;     ///< meaningful if is_keyed; of a run, `low` is its length
    std::uint32_t tokens = 0;  ///< filled positions, at most the block size
    std::uint32_t references : 29 = 0;
    std::uint32_t is_keyed : 1 = 0;
    std::uint32_t is_findable : 1 = 0;  ///< the index names it for its key
    std::uint32_t is_run : 1 = 0;
    std::uint32_t previous = kNone;  ///< neighbours in the free list
    std::uint32_t next = kNone;

    void set_references(std::uint32_t count) { references = count & 0x1fff'ffffU; }
  };
  static_assert(sizeof(Block) == 32);

  BlockId new_block();
  void strip(Block& block);
  void unlink(BlockId block);
  void erase_from_index(Block& block);
  void note_index_change(const request::BlockKey& key, bool is_findable);

  std::int64_t total_blocks_;
  std::int64_t used_blocks_ = 0;
  /// Blocks that were never taken stand before every block of the linked list: blocks that were
  /// given back queue up behind them.
  std::int64_t untouched_blocks_;
  std::int64_t private_blocks_ = 0;  // in use
  std::vector<Block> blocks_;
  std::vector<BlockId> unused_;  // of blocks_: neither in use nor in the list
  std::uint32_t free_head_ = kNone;
  std::uint32_t free_tail_ = kNone;
  absl::flat_hash_map<request::BlockKey, BlockId> index_;
  std::uint64_t key_losses_ = 0;

  /// Keys whose findability differs from that when the view changes were last taken.
  absl::flat_hash_set<request::BlockKey> view_changes_;
  bool has_view_ = false;

  std::vector<IndexChange> index_changes_;
  bool is_recording_ = false;
};

}  // namespace blis::kv
