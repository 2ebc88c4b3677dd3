#include "request/block_keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "base/check.h"

namespace blis::request {

BlockKey chain_key(const BlockKey* previous, std::span<const std::int32_t> tokens) {
  // The previous key enters as the seed material, not as a prefix of the bytes: a block that starts
  // a chain is hashed without any, so it can never equal a block that follows one. Both forms are
  // plain XXH3-128 over the tokens' bytes.
  const void* bytes = tokens.data();
  const std::size_t size = tokens.size_bytes();
  XXH128_hash_t hash = XXH3_128bits(bytes, size);
  if (previous != nullptr) {
    const std::uint64_t link[4] = {previous->low, previous->high, hash.low64, hash.high64};
    hash = XXH3_128bits(link, sizeof link);
  }
  return {hash.low64, hash.high64};
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
  const bool empty_input = input.size() == 0;
  if (input.partial().empty() && !output.empty()) {
    BlockKeyChain alone(keys->block_size);
    // An empty prompt is admitted with output token 0, and its first decode step stores that token
    // once more.
    if (empty_input) alone.append(output.first(1));
    alone.append(output);
    keys->output_only = alone.take_keys();
  }
  input.append(output);
  keys->sequence = input.take_keys();
  return keys;
}

}  // namespace blis::request
