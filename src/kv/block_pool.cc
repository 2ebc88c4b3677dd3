#include "kv/block_pool.h"

#include "base/check.h"

namespace blis::kv {

BlockId BlockPool::take_victim() {
  BLIS_CHECK(free_blocks() > 0, "kv-cache L1: a block is taken from an empty free list");
  const std::size_t taken = blocks_.size();
  if (static_cast<std::int64_t>(taken) < total_blocks_) {
    BLIS_CHECK(taken < kNone, "more than {} blocks of one instance were used", kNone);
    blocks_.emplace_back();
    return BlockId(taken);
  }
  const BlockId victim(free_head_);
  unlink(victim);
  Block& b = blocks_[victim.index()];
  b.tokens = 0;
  if (b.is_keyed) {
    erase_from_index(b.key);
    b.is_keyed = 0;
  }
  return victim;
}

void BlockPool::add_reference(BlockId block) {
  Block& b = blocks_[block.index()];
  if (b.references == 0) {
    unlink(block);
    ++used_blocks_;
  }
  b.set_references(b.references + 1U);
}

void BlockPool::drop_reference(BlockId block) {
  Block& b = blocks_[block.index()];
  BLIS_CHECK(b.references > 0, "kv-cache L2: block {} is given back by nobody", block.value());
  b.set_references(b.references - 1U);
  if (b.references == 0) {
    --used_blocks_;
    append_free(block);
  }
}

void BlockPool::append_free(BlockId block) {
  Block& b = blocks_[block.index()];
  b.previous = free_tail_;
  b.next = kNone;
  (free_tail_ == kNone ? free_head_ : blocks_[free_tail_].next) = block.value();
  free_tail_ = block.value();
}

void BlockPool::unlink(BlockId block) {
  Block& b = blocks_[block.index()];
  (b.previous == kNone ? free_head_ : blocks_[b.previous].next) = b.next;
  (b.next == kNone ? free_tail_ : blocks_[b.next].previous) = b.previous;
  b.previous = kNone;
  b.next = kNone;
}

void BlockPool::publish(BlockId block, const request::BlockKey& key) {
  Block& b = blocks_[block.index()];
  BLIS_DCHECK(!b.is_keyed, "kv-cache L3: block {} gets a second key", block.value());
  b.key = key;
  b.is_keyed = 1;
  const auto [entry, is_new] = index_.try_emplace(key, block);
  if (is_new) {
    note_index_change(key, true);
  } else {
    entry->second = block;
    ++key_losses_;
  }
}

void BlockPool::erase_from_index(const request::BlockKey& key) {
  if (index_.erase(key) == 0) return;
  ++key_losses_;
  note_index_change(key, false);
}

void BlockPool::note_index_change(const request::BlockKey& key, bool is_findable) {
  if (is_recording_) index_changes_.push_back({key, is_findable});
  if (!is_journaling_) return;
  const auto [entry, is_new] = changed_since_freeze_.insert(key);
  if (!is_new) changed_since_freeze_.erase(entry);  // back to what it was
}

void BlockPool::freeze() {
  is_journaling_ = true;
  changed_since_freeze_.clear();
}

std::vector<BlockId> BlockPool::free_list() const {
  std::vector<BlockId> list;
  for (std::int64_t id = std::ssize(blocks_); id < total_blocks_; ++id) {
    list.emplace_back(static_cast<std::size_t>(id));
  }
  for (std::uint32_t id = free_head_; id != kNone; id = blocks_[id].next) list.emplace_back(id);
  return list;
}

void BlockPool::audit() const {
  std::int64_t in_use = 0;
  for (const Block& b : blocks_) in_use += b.references != 0 ? 1 : 0;
  BLIS_CHECK(in_use == used_blocks_, "kv-cache L1: {} blocks in use, counted {}", in_use,
             used_blocks_);
  std::int64_t linked = 0;
  std::uint32_t previous = kNone;
  for (std::uint32_t id = free_head_; id != kNone; id = blocks_[id].next) {
    BLIS_CHECK(blocks_[id].references == 0, "kv-cache L2: block {} is free and in use", id);
    BLIS_CHECK(blocks_[id].previous == previous, "kv-cache L1: free list broken at block {}", id);
    BLIS_CHECK(++linked <= std::ssize(blocks_), "kv-cache L1: the free list is a ring");
    previous = id;
  }
  BLIS_CHECK(previous == free_tail_, "kv-cache L1: the free list ends elsewhere");
  BLIS_CHECK(linked + in_use == std::ssize(blocks_), "kv-cache L1: {} free and {} used of {}",
             linked, in_use, blocks_.size());
  for (const auto& [key, block] : index_) {
    const Block& b = blocks_[block.index()];
    BLIS_CHECK(b.is_keyed && b.key == key,
               "kv-cache L3: the index names block {} for a key not its", block.value());
  }
}

}  // namespace blis::kv
