// The GPU tier: which request holds which blocks, prefix lookup, and taking and giving back.
//
// No token is stored. A block knows how many tokens it holds; the key that it gets when it is full
// follows from the request's own keys and its place (chain.h). Of its private blocks a request
// merely has a number: they are the last ones that it holds, and all but the last are full. The
// tiers below (legacy, offload) contain one of these. SOURCE spec kv-cache 3, 9.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "kv/block_pool.h"
#include "kv/kv_store.h"

namespace blis::kv {

class SingleTierCache final : public KvStore {
 public:
  /// REQUIRES both > 0. COST O(1): memory follows the blocks that were ever used and the requests
  /// that hold any.
  SingleTierCache(std::int64_t total_blocks, std::int64_t block_size);

  void match(std::span<const request::BlockKey> keys, std::vector<BlockId>& blocks) const override;
  [[nodiscard]] bool allocate(const KvClient& client, std::int64_t start, std::int64_t end,
                              std::span<const BlockId> cached) override;
  void release(RequestId request) override;
  void publish_private_blocks(const KvClient& client) override;
  SingleTierCache* gpu_tier() override { return this; }

  std::int64_t used_blocks() const override { return pool_.used_blocks(); }
  std::int64_t total_blocks() const override { return pool_.total_blocks(); }
  std::int64_t block_size() const override { return block_size_; }
  double hit_rate() const override;

  std::int64_t cached_prefix_blocks(std::span<const request::BlockKey> keys) const override;
  void take_view_changes(std::vector<IndexChange>& changes) override {
    pool_.take_view_changes(changes);
  }
  void record_index_changes() override { pool_.record_index_changes(); }
  std::vector<IndexChange> take_index_changes() override { return pool_.take_index_changes(); }

  // --- many decode steps at once
  /// Tokens that still fit into the last block that the request holds: allocate() for one more
  /// output token opens a block if this is 0, and touches nothing but that last block otherwise.
  std::int64_t tokens_until_block_boundary(RequestId request) const;
  /// The same as n calls allocate(client, p, p + 1, {}) with p = client.progress, client.progress +
  /// 1, … REQUIRES client decodes; 0 <= n <= tokens_until_block_boundary(client.id). COST O(1).
  void append_decode_tokens(const KvClient& client, std::int64_t n);

  // The same in two halves for requests whose next blocks are private: it does not matter which of
  // them opens a block, and who holds how many only matters when a request leaves.
  /// Opens so many blocks for output tokens. REQUIRES as many free blocks.
  void open_private_blocks(std::int64_t blocks) {
    pool_.open_private(blocks);
    misses_ += blocks;
  }
  /// Makes n output tokens from client.progress on the request's own, and the blocks that were
  /// opened for them with open_private_blocks().
  void settle_private_tokens(const KvClient& client, std::int64_t n);

  // --- for the tiers below
  /// match() by somebody who can guess: where `guesses` names the right block, nothing is looked
  /// up.
  void match_as_guessed(std::span<const request::BlockKey> keys, std::span<const BlockId> guesses,
                        std::vector<BlockId>& blocks) const;
  BlockPool& pool() { return pool_; }
  const BlockPool& pool() const { return pool_; }
  /// The named blocks that a request holds, in its order; empty if none. Valid until the next
  /// change.
  std::span<const BlockId> held_blocks(RequestId request) const;
  /// Makes the request a holder of `blocks`, behind those that it holds, and counts them as hits.
  void claim(RequestId request, std::span<const BlockId> blocks);
  std::int64_t hits() const { return hits_; }      ///< cached blocks claimed
  std::int64_t misses() const { return misses_; }  ///< blocks opened, for prompts and outputs alike

 private:
  struct Holding {
    std::vector<BlockId> blocks;         // named ones
    std::int64_t private_blocks = 0;     // behind them
    std::int64_t tokens_in_private = 0;  // in the last private one
    std::int64_t private_end = 0;        // position behind the last private token

    bool empty() const { return blocks.empty() && private_blocks == 0; }
  };

  std::int64_t tokens_in_last(const Holding& holding) const {
    return holding.private_blocks > 0 ? holding.tokens_in_private
                                      : pool_.tokens(holding.blocks.back());
  }
  void add_private_tokens(Holding& holding, std::int64_t tokens, std::int64_t end);
  bool has_room(const Holding* holding, bool is_prefill, std::int64_t tokens,
                std::span<const BlockId> cached) const;
  void fill_last_block(const KvClient& client, Holding& holding, std::int64_t tokens,
                       std::int64_t end);
  void open_blocks(const KvClient& client, Holding& holding, std::int64_t position,
                   std::int64_t tokens, bool is_prefill);
  const Holding* find_holding(RequestId request) const;
  Holding& make_holding(RequestId request);

  std::int64_t block_size_;
  BlockPool pool_;
  std::int64_t hits_ = 0;
  std::int64_t misses_ = 0;
  /// Requests that hold blocks, by id value, and where their lists are. Lists are reused with their
  /// memory.
  absl::flat_hash_map<std::uint32_t, std::uint32_t> holding_of_;
  std::vector<Holding> holdings_;
  std::vector<std::uint32_t> unused_holdings_;
};

}  // namespace blis::kv
