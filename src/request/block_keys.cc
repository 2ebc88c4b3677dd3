#include "request/block_keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "base/check.h"

namespace blis::request {

namespace {

/// What a predecessor adds to the hash of a block's tokens; nothing before it adds nothing.
BlockKey link_of(const BlockKey* previous) {
  if (previous == nullptr) return {};
  const std::uint64_t words[2] = {previous->low, previous->high};
  const XXH128_hash_t hash = XXH3_128bits(words, sizeof words);
  return {hash.low64, hash.high64};
}

}  // namespace

BlockKey chain_key(const BlockKey* previous, std::span<const std::int32_t> tokens) {
  const XXH128_hash_t content = XXH3_128bits(tokens.data(), tokens.size_bytes());
  const BlockKey link = link_of(previous);
  return {content.low64 + link.low, content.high64 + link.high};
}

BlockKey rechain(const BlockKey& key, const BlockKey* from, const BlockKey* to) {
  const BlockKey old_link = link_of(from);
  const BlockKey new_link = link_of(to);
  return {key.low - old_link.low + new_link.low, key.high - old_link.high + new_link.high};
}

void BlockKeyChain::append(std::span<const std::int32_t> tokens) {
  while (!tokens.empty()) {
    if (partial_.empty() && tokens.size() >= block_size_) {
      // A whole block at once: no detour through the buffer.
      keys_.push_back(
          chain_key(keys_.empty() ? nullptr : &keys_.back(), tokens.first(block_size_)));
      tokens = tokens.subspan(block_size_);
      continue;
    }
    const std::size_t taken = std::min(block_size_ - partial_.size(), tokens.size());
    partial_.insert(partial_.end(), tokens.begin(),
                    tokens.begin() + static_cast<std::ptrdiff_t>(taken));
    tokens = tokens.subspan(taken);
    if (partial_.size() == block_size_) {
      keys_.push_back(chain_key(keys_.empty() ? nullptr : &keys_.back(), partial_));
      partial_.clear();
    }
  }
}

std::shared_ptr<const TokenKeys> make_token_keys(BlockKeyChain input,
                                                 std::span<const std::int32_t> output) {
  auto keys = std::make_shared<TokenKeys>();
  keys->block_size = input.block_size();
  if (input.size() == 0 && !output.empty()) {
    // An empty prompt is admitted with output token 0, and its first decode step stores that token
    // once more.
    BlockKeyChain twice(keys->block_size);
    twice.append(output.first(1));
    twice.append(output);
    keys->output_only = twice.take_keys();
  }
  input.append(output);
  keys->sequence = input.take_keys();
  return keys;
}

std::shared_ptr<const TokenKeys> make_private_keys(BlockKeyChain prefix) {
  auto keys = std::make_shared<TokenKeys>();
  keys->block_size = prefix.block_size();
  keys->sequence = prefix.take_keys();
  keys->rest_is_private = true;
  return keys;
}

std::shared_ptr<const TokenKeys> make_own_keys(const TokenKeys& keys, RequestId owner,
                                               std::int64_t tokens) {
  BLIS_CHECK(keys.rest_is_private, "kv-cache 2: request {} has keys already", owner.value());
  auto own = std::make_shared<TokenKeys>();
  own->block_size = keys.block_size;
  own->sequence = keys.sequence;
  const auto blocks = static_cast<std::size_t>(tokens / keys.block_size);
  while (own->sequence.size() < blocks) {
    const std::uint64_t words[2] = {owner.value(), own->sequence.size()};
    const XXH128_hash_t hash = XXH3_128bits(words, sizeof words);
    own->sequence.push_back({hash.low64, hash.high64});
  }
  return own;
}

}  // namespace blis::request
