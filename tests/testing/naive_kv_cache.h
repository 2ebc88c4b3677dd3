// The GPU tier as the specification tells it (spec kv-cache 2, 3): every block keeps its tokens, a
// key is the chain of all tokens before it, the free list is a list. The slow model that the real
// cache is compared with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "testing/kv_requests.h"

namespace blis::testing {

class NaiveKvCache {
 public:
  using Ids = std::vector<std::size_t>;

  NaiveKvCache(std::size_t total_blocks, std::size_t block_size)
      : block_size_(block_size), blocks_(total_blocks) {
    for (std::size_t b = 0; b < total_blocks; ++b) free_.push_back(b);
  }

  Ids match(const Tokens& tokens) const {
    Ids found;
    Key key;
    for (std::size_t i = 0; (i + 1) * block_size_ <= tokens.size(); ++i) {
      key = chain(i == 0 ? nullptr : &key, slice(tokens, i * block_size_, (i + 1) * block_size_));
      const auto entry = index_.find(key);
      if (entry == index_.end()) break;
      found.push_back(entry->second);
    }
    return found;
  }

  std::size_t frozen_match(const Tokens& tokens) const {
    Key key;
    std::size_t count = 0;
    for (; (count + 1) * block_size_ <= tokens.size(); ++count) {
      key = chain(count == 0 ? nullptr : &key,
                  slice(tokens, count * block_size_, (count + 1) * block_size_));
      if (!frozen_.contains(key)) break;
    }
    return count;
  }

  void freeze() {
    frozen_.clear();
    for (const auto& [key, block] : index_) frozen_.insert(key);
  }

  bool allocate(const KvRequest& r, std::size_t start, std::size_t end, const Ids& cached) {
    const std::uint32_t id = r.id().value();
    const std::size_t input = r.input().size();
    const bool is_prefill = static_cast<std::size_t>(r.progress()) < input;
    Tokens t;
    if (is_prefill) {
      t = slice(r.input(), start, end);
      std::size_t effective = t.size();
      if (owned_.contains(id)) {
        const std::size_t spare = block_size_ - blocks_[owned_[id].back()].tokens.size();
        if (spare > 0 && spare < block_size_) effective -= std::min(spare, effective);
      }
      const std::size_t need = (effective + block_size_ - 1) / block_size_;
      const auto claimed = static_cast<std::size_t>(
          std::ranges::count_if(cached, [this](std::size_t b) { return !blocks_[b].in_use; }));
      if (need + claimed > free_.size()) return false;
    } else {
      t = {r.output()[start - input]};
      const bool has_spare =
          owned_.contains(id) && blocks_[owned_[id].back()].tokens.size() < block_size_;
      if (!has_spare && free_.empty()) return false;
    }
    std::size_t k = 0;
    while (k < t.size()) {
      if (!owned_.contains(id) && !cached.empty()) claim(id, cached);
      Ids& held = owned_[id];
      if (!held.empty() && blocks_[held.back()].tokens.size() < block_size_) {
        Block& last = blocks_[held.back()];
        const std::size_t m = std::min(block_size_ - last.tokens.size(), t.size() - k);
        last.tokens.insert(last.tokens.end(), t.begin() + diff(k), t.begin() + diff(k + m));
        k += m;
        if (last.tokens.size() == block_size_) {
          publish(held.back(),
                  held.size() >= 2 ? blocks_[held[held.size() - 2]].key : std::nullopt);
        }
        continue;
      }
      std::optional<Key> previous = held.empty() ? std::nullopt : blocks_[held.back()].key;
      while (k < t.size()) {
        const std::size_t b = free_.front();
        free_.pop_front();
        drop_key(b);
        blocks_[b] = {.ref = 1,
                      .in_use = true,
                      .key = std::nullopt,
                      .tokens = slice(t, k, std::min(k + block_size_, t.size()))};
        ++misses;
        if (blocks_[b].tokens.size() == block_size_ && is_prefill) {
          publish(b, previous);
          previous = blocks_[b].key;
        }
        held.push_back(b);
        k += blocks_[b].tokens.size();
      }
    }
    return true;
  }

  void release(std::uint32_t id) {
    if (!owned_.contains(id)) return;
    const Ids held = owned_[id];
    owned_.erase(id);
    for (auto b = held.rbegin(); b != held.rend(); ++b) {
      if (--blocks_[*b].ref > 0) continue;
      blocks_[*b].in_use = false;
      free_.push_back(*b);
    }
  }

  Ids free_list() const { return {free_.begin(), free_.end()}; }
  Ids held(std::uint32_t id) const {
    const auto found = owned_.find(id);
    return found == owned_.end() ? Ids() : found->second;
  }
  bool is_keyed(std::size_t block) const { return blocks_[block].key.has_value(); }
  std::size_t tokens(std::size_t block) const { return blocks_[block].tokens.size(); }

  std::int64_t hits = 0;
  std::int64_t misses = 0;

 private:
  /// All tokens of the chain, with the length so far in front of each block so that chains of
  /// different starts differ only where their tokens do.
  using Key = std::vector<Tokens>;
  struct Block {
    int ref = 0;
    bool in_use = false;
    std::optional<Key> key;
    Tokens tokens;
  };

  static std::ptrdiff_t diff(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }
  static Tokens slice(const Tokens& tokens, std::size_t from, std::size_t to) {
    return {tokens.begin() + diff(from), tokens.begin() + diff(to)};
  }
  static Key chain(const Key* previous, Tokens tokens) {
    Key key = previous == nullptr ? Key() : *previous;
    key.push_back(std::move(tokens));
    return key;
  }

  void claim(std::uint32_t id, const Ids& cached) {
    for (const std::size_t b : cached) {
      ++blocks_[b].ref;
      if (!blocks_[b].in_use) {
        blocks_[b].in_use = true;
        free_.remove(b);
      }
      ++hits;
      owned_[id].push_back(b);
    }
  }

  void publish(std::size_t b, const std::optional<Key>& previous) {
    blocks_[b].key = chain(previous ? &*previous : nullptr, blocks_[b].tokens);
    index_[*blocks_[b].key] = b;
  }

  void drop_key(std::size_t b) {
    if (blocks_[b].key) index_.erase(*blocks_[b].key);
    blocks_[b].key.reset();
  }

  std::size_t block_size_;
  std::vector<Block> blocks_;
  std::list<std::size_t> free_;
  std::map<std::uint32_t, Ids> owned_;
  std::map<Key, std::size_t> index_;
  std::set<Key> frozen_;
};

}  // namespace blis::testing
