#include "kv/block_pool.h"

#include <algorithm>

#include "base/check.h"

namespace blis::kv {

BlockId BlockPool::take_victim() {
  BLIS_CHECK(free_blocks() > 0, "kv-cache L1: a block is taken from an empty free list");
  if (untouched_blocks_ > 0) {
    --untouched_blocks_;
    return new_block();
  }
  const BlockId victim(free_head_);
  Block& b = blocks_[victim.index()];
  if (b.is_run != 0 && --b.key.low > 0) return new_block();
  unlink(victim);
  strip(b);
  return victim;
}

BlockId BlockPool::new_block() {
  if (!unused_.empty()) {
    const BlockId block = unused_.back();
    unused_.pop_back();
    return block;
  }
  BLIS_CHECK(blocks_.size() < kNone, "more than {} blocks of one instance were used", kNone);
  blocks_.emplace_back();
  return BlockId(blocks_.size() - 1);
}

void BlockPool::strip(Block& block) {
  block.tokens = 0;
  block.is_run = 0;
  if (block.is_keyed != 0) {
    erase_from_index(block);
    block.is_keyed = 0;
  }
}

void BlockPool::open_private(std::int64_t count) {
  BLIS_CHECK(count <= free_blocks(), "kv-cache L1: {} blocks are taken, {} are free", count,
             free_blocks());
  used_blocks_ += count;
  private_blocks_ += count;
  const std::int64_t untouched = std::min(count, untouched_blocks_);
  untouched_blocks_ -= untouched;
  count -= untouched;
  while (count > 0) {
    const BlockId victim(free_head_);
    Block& b = blocks_[victim.index()];
    const std::int64_t length = b.is_run != 0 ? static_cast<std::int64_t>(b.key.low) : 1;
    if (length > count) {
      b.key.low -= static_cast<std::uint64_t>(count);
      return;
    }
    count -= length;
    unlink(victim);
    strip(b);
    unused_.push_back(victim);
  }
}

void BlockPool::close_private(std::int64_t count) {
  if (count == 0) return;
  used_blocks_ -= count;
  private_blocks_ -= count;
  if (free_tail_ != kNone && blocks_[free_tail_].is_run != 0) {
    blocks_[free_tail_].key.low += static_cast<std::uint64_t>(count);
    return;
  }
  const BlockId run = new_block();
  blocks_[run.index()].is_run = 1;
  blocks_[run.index()].key.low = static_cast<std::uint64_t>(count);
  append_free(run);
}

BlockId BlockPool::name_private() {
  BLIS_CHECK(private_blocks_ > 0, "kv-cache L1: there is no private block to be named");
  --private_blocks_;
  const BlockId block = new_block();
  blocks_[block.index()].set_references(1);
  return block;
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
    blocks_[entry->second.index()].is_findable = 0;
    entry->second = block;
    ++key_losses_;
  }
  b.is_findable = 1;
}

void BlockPool::erase_from_index(Block& block) {
  const auto entry = index_.find(block.key);
  if (entry == index_.end()) return;
  blocks_[entry->second.index()].is_findable = 0;
  index_.erase(entry);
  ++key_losses_;
  note_index_change(block.key, false);
}

void BlockPool::note_index_change(const request::BlockKey& key, bool is_findable) {
  if (is_recording_) index_changes_.push_back({key, is_findable});
  if (!has_view_) return;
  const auto [entry, is_new] = view_changes_.insert(key);
  if (!is_new) view_changes_.erase(entry);  // back to what it was
}

void BlockPool::take_view_changes(std::vector<IndexChange>& changes) {
  changes.clear();
  if (has_view_) {
    for (const request::BlockKey& key : view_changes_) changes.push_back({key, contains(key)});
    view_changes_.clear();
    return;
  }
  has_view_ = true;
  for (const auto& [key, block] : index_) changes.push_back({key, true});
}

std::vector<BlockId> BlockPool::free_list() const {
  std::vector<BlockId> list;
  for (std::int64_t i = 0; i < untouched_blocks_; ++i) {
    list.emplace_back(blocks_.size() + static_cast<std::size_t>(i));
  }
  for (std::uint32_t id = free_head_; id != kNone; id = blocks_[id].next) {
    BLIS_CHECK(blocks_[id].is_run == 0, "private blocks cannot be listed");
    list.emplace_back(id);
  }
  return list;
}

void BlockPool::audit() const {
  std::int64_t in_use = private_blocks_;
  for (const Block& b : blocks_) in_use += b.references != 0 ? 1 : 0;
  BLIS_CHECK(in_use == used_blocks_, "kv-cache L1: {} blocks in use, counted {}", in_use,
             used_blocks_);
  std::int64_t entries = 0;
  std::int64_t free = untouched_blocks_;
  std::uint32_t previous = kNone;
  for (std::uint32_t id = free_head_; id != kNone; id = blocks_[id].next) {
    const Block& b = blocks_[id];
    BLIS_CHECK(b.references == 0, "kv-cache L2: block {} is free and in use", id);
    BLIS_CHECK(b.previous == previous, "kv-cache L1: free list broken at block {}", id);
    BLIS_CHECK(++entries <= std::ssize(blocks_), "kv-cache L1: the free list is a ring");
    BLIS_CHECK(b.is_run == 0 || (b.key.low > 0 && b.is_keyed == 0),
               "kv-cache L1: the run at block {} is empty or has a key", id);
    free += b.is_run != 0 ? static_cast<std::int64_t>(b.key.low) : 1;
    previous = id;
  }
  BLIS_CHECK(previous == free_tail_, "kv-cache L1: the free list ends elsewhere");
  BLIS_CHECK(free + in_use == total_blocks_, "kv-cache L1: {} free and {} used of {}", free, in_use,
             total_blocks_);
  for (const auto& [key, block] : index_) {
    const Block& b = blocks_[block.index()];
    BLIS_CHECK(b.is_keyed && b.key == key,
               "kv-cache L3: the index names block {} for a key not its", block.value());
  }
  for (std::size_t id = 0; id < blocks_.size(); ++id) {
    const Block& b = blocks_[id];
    BLIS_CHECK(b.is_findable == (b.is_keyed != 0 && find(b.key) == BlockId(id)),
               "kv-cache L3: block {} is wrong about whether it can be found", id);
  }
}

}  // namespace blis::kv
