#include "kv/single_tier_cache.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/check.h"
#include "kv/chain.h"

namespace blis::kv {
namespace {

/// A list that once held a very long context does not keep its memory for the next request.
constexpr std::size_t kKeptHoldingBlocks = 4096;

std::int64_t blocks_for(std::int64_t tokens, std::int64_t block_size) {
  return tokens / block_size + (tokens % block_size != 0 ? 1 : 0);
}

}  // namespace

SingleTierCache::SingleTierCache(std::int64_t total_blocks, std::int64_t block_size)
    : block_size_(block_size), pool_(total_blocks) {
  BLIS_CHECK(total_blocks > 0 && block_size > 0, "a cache of {} blocks of {} tokens", total_blocks,
             block_size);
}

void SingleTierCache::match(std::span<const request::BlockKey> keys,
                            std::vector<BlockId>& blocks) const {
  blocks.clear();
  for (const request::BlockKey& key : keys) {
    const std::optional<BlockId> block = pool_.find(key);
    if (!block) return;
    blocks.push_back(*block);
  }
}

void SingleTierCache::match_as_guessed(std::span<const request::BlockKey> keys,
                                       std::span<const BlockId> guesses,
                                       std::vector<BlockId>& blocks) const {
  blocks.clear();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i < guesses.size() && pool_.is_found_by(guesses[i], keys[i])) {
      blocks.push_back(guesses[i]);
      continue;
    }
    const std::optional<BlockId> block = pool_.find(keys[i]);
    if (!block) return;
    blocks.push_back(*block);
  }
}

bool SingleTierCache::allocate(const KvClient& client, std::int64_t start, std::int64_t end,
                               std::span<const BlockId> cached) {
  const bool is_prefill = client.progress < client.input_tokens;
  if (is_prefill) {
    BLIS_CHECK(0 <= start && start <= end && end <= client.input_tokens,
               "kv-cache 3.4: request {} wants input [{}, {}) of {}", client.id.value(), start, end,
               client.input_tokens);
  } else {
    BLIS_CHECK(client.input_tokens <= start && start - client.input_tokens < client.output_tokens,
               "kv-cache 3.4: request {} decodes position {} of {} + {}", client.id.value(), start,
               client.input_tokens, client.output_tokens);
    end = start + 1;
  }
  std::int64_t tokens = end - start;
  BLIS_CHECK(tokens <= std::numeric_limits<std::int32_t>::max(), "{} tokens in one call", tokens);

  const Holding* held = find_holding(client.id);
  if (!has_room(held, is_prefill, tokens, cached)) return false;
  // Nothing is claimed for a fully cached prompt, which has no token to place: its blocks stay
  // evictable while it runs [BUG of the reference, spec kv-cache W2].
  if (tokens == 0) return true;

  if (held == nullptr && !cached.empty()) claim(client.id, cached);
  Holding& holding = make_holding(client.id);
  if (!holding.empty()) {
    const std::int64_t in_last = tokens_in_last(holding);
    const std::int64_t absorbed = in_last == 0 ? 0 : std::min(block_size_ - in_last, tokens);
    if (absorbed > 0) {
      fill_last_block(client, holding, absorbed, start + absorbed);
      tokens -= absorbed;
    }
  }
  if (tokens > 0) open_blocks(client, holding, end - tokens, tokens, is_prefill);
  return true;
}

bool SingleTierCache::has_room(const Holding* holding, bool is_prefill, std::int64_t tokens,
                               std::span<const BlockId> cached) const {
  if (!is_prefill) {
    const bool needs_block = holding == nullptr || tokens_in_last(*holding) == block_size_;
    return !needs_block || pool_.free_blocks() > 0;
  }
  if (holding != nullptr) {
    tokens -= std::min(block_size_ - tokens_in_last(*holding), tokens);
  }
  std::int64_t needed = blocks_for(tokens, block_size_);
  for (const BlockId block : cached) needed += pool_.is_in_use(block) ? 0 : 1;
  return needed <= pool_.free_blocks();
}

/// Adds `tokens` to the last block, whose last filled position then is `end` - 1 of the sequence.
void SingleTierCache::fill_last_block(const KvClient& client, Holding& holding, std::int64_t tokens,
                                      std::int64_t end) {
  if (holding.private_blocks > 0) {
    holding.tokens_in_private += tokens;
    holding.private_end = end;
    return;
  }
  const BlockId last = holding.blocks.back();
  const std::int64_t filled = pool_.tokens(last) + tokens;
  pool_.set_tokens(last, filled);
  if (filled < block_size_) return;
  const request::BlockKey* previous =
      holding.blocks.size() >= 2 ? pool_.key(holding.blocks[holding.blocks.size() - 2]) : nullptr;
  pool_.publish(last, key_of_block(client, previous, end));
}

/// Opens blocks for the tokens [position, position + tokens) of the sequence.
void SingleTierCache::open_blocks(const KvClient& client, Holding& holding, std::int64_t position,
                                  std::int64_t tokens, bool is_prefill) {
  const std::int64_t end = position + tokens;
  BlockId previous = holding.blocks.empty() ? BlockId::none() : holding.blocks.back();
  while (position < end) {
    if (client.keys->is_private(position + block_size_)) {
      open_private_blocks(blocks_for(end - position, block_size_));
      add_private_tokens(holding, end - position, end);
      return;
    }
    const BlockId block = pool_.open();
    ++misses_;
    const std::int64_t filled = std::min(block_size_, end - position);
    pool_.set_tokens(block, filled);
    position += filled;
    // With one token per block, a block that decoding opens is full at once and stays without a key
    // (spec kv-cache 3.4 note 5).
    if (filled == block_size_ && is_prefill) {
      const request::BlockKey* before = previous.is_none() ? nullptr : pool_.key(previous);
      pool_.publish(block, key_of_block(client, before, position));
    }
    holding.blocks.push_back(block);
    previous = block;
  }
}

/// Adds tokens up to position `end` to the last private block and to new ones behind it.
void SingleTierCache::add_private_tokens(Holding& holding, std::int64_t tokens, std::int64_t end) {
  const std::int64_t all = holding.tokens_in_private + tokens;
  if (holding.private_blocks == 0) holding.private_blocks = 1;
  holding.private_blocks += (all - 1) / block_size_;
  holding.tokens_in_private = (all - 1) % block_size_ + 1;
  holding.private_end = end;
}

void SingleTierCache::settle_private_tokens(const KvClient& client, std::int64_t n) {
  if (n == 0) return;
  Holding& holding = make_holding(client.id);
  // A full named block is followed by a private one; a named block with room is not, since all
  // prompts of requests with private blocks end in a private or a full block.
  add_private_tokens(holding, n, client.progress + n);
}

// The keys of blocks that a request holds follow each other as if it had never had private ones.
void SingleTierCache::publish_private_blocks(const KvClient& client) {
  const auto found = holding_of_.find(client.id.value());
  if (found == holding_of_.end()) return;
  Holding& holding = holdings_[found->second];
  std::int64_t end =
      holding.private_end - holding.tokens_in_private - (holding.private_blocks - 1) * block_size_;
  for (; holding.private_blocks > 0; --holding.private_blocks) {
    const bool is_last = holding.private_blocks == 1;
    const std::int64_t tokens = is_last ? holding.tokens_in_private : block_size_;
    end += tokens;
    const request::BlockKey* previous =
        holding.blocks.empty() ? nullptr : pool_.key(holding.blocks.back());
    // Valid while the pool changes below.
    const std::optional<request::BlockKey> behind =
        previous == nullptr ? std::nullopt : std::optional(*previous);
    const BlockId block = pool_.name_private();
    pool_.set_tokens(block, tokens);
    if (tokens == block_size_) {
      pool_.publish(block, key_of_block(client, behind ? &*behind : nullptr, end));
    }
    holding.blocks.push_back(block);
  }
  holding.tokens_in_private = 0;
}

void SingleTierCache::release(RequestId request) {
  const auto found = holding_of_.find(request.value());
  if (found == holding_of_.end()) return;
  Holding& holding = holdings_[found->second];
  // From last to first, so that the head of a prompt is evicted last.
  pool_.close_private(holding.private_blocks);
  holding.private_blocks = 0;
  holding.tokens_in_private = 0;
  std::vector<BlockId>& blocks = holding.blocks;
  for (std::size_t i = blocks.size(); i-- > 0;) pool_.drop_reference(blocks[i]);
  blocks.clear();
  if (blocks.capacity() > kKeptHoldingBlocks) std::vector<BlockId>().swap(blocks);
  unused_holdings_.push_back(found->second);
  holding_of_.erase(found);
}

double SingleTierCache::hit_rate() const {
  const std::int64_t total = hits_ + misses_;
  return total == 0 ? 0.0 : static_cast<double>(hits_) / static_cast<double>(total);
}

std::int64_t SingleTierCache::cached_prefix_blocks(std::span<const request::BlockKey> keys) const {
  const auto end = std::ranges::find_if_not(
      keys, [this](const request::BlockKey& key) { return pool_.contains(key); });
  return end - keys.begin();
}

std::int64_t SingleTierCache::tokens_until_block_boundary(RequestId request) const {
  const Holding* holding = find_holding(request);
  return holding == nullptr ? 0 : block_size_ - tokens_in_last(*holding);
}

void SingleTierCache::append_decode_tokens(const KvClient& client, std::int64_t n) {
  if (n == 0) return;
  const auto found = holding_of_.find(client.id.value());
  const bool fits =
      found != holding_of_.end() && n <= block_size_ - tokens_in_last(holdings_[found->second]);
  BLIS_CHECK(fits, "kv-cache 3.4: {} output tokens of request {} do not fit into its last block", n,
             client.id.value());
  fill_last_block(client, holdings_[found->second], n, client.progress + n);
}

std::span<const BlockId> SingleTierCache::held_blocks(RequestId request) const {
  const Holding* holding = find_holding(request);
  return holding == nullptr ? std::span<const BlockId>() : holding->blocks;
}

void SingleTierCache::claim(RequestId request, std::span<const BlockId> blocks) {
  Holding& holding = make_holding(request);
  for (const BlockId block : blocks) {
    pool_.add_reference(block);
    holding.blocks.push_back(block);
  }
  hits_ += std::ssize(blocks);
}

const SingleTierCache::Holding* SingleTierCache::find_holding(RequestId request) const {
  const auto found = holding_of_.find(request.value());
  return found == holding_of_.end() ? nullptr : &holdings_[found->second];
}

SingleTierCache::Holding& SingleTierCache::make_holding(RequestId request) {
  const auto [entry, is_new] = holding_of_.try_emplace(request.value(), std::uint32_t{0});
  if (is_new) {
    if (unused_holdings_.empty()) {
      entry->second = static_cast<std::uint32_t>(holdings_.size());
      holdings_.emplace_back();
    } else {
      entry->second = unused_holdings_.back();
      unused_holdings_.pop_back();
    }
  }
  return holdings_[entry->second];
}

}  // namespace blis::kv
