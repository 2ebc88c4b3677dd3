// Identities of KV blocks: a block is known by its tokens and by everything that stands before
// them.
//
//   key(0) = h(tokens of block 0),  key(i) = h(tokens of block i) + h(key(i-1)),  h = XXH3-128
//
// Only equality of keys is ever observed (spec kv-cache 2), so a 128-bit hash of the binary tokens
// replaces the reference's SHA-256 over decimal text. The sum can be undone, so that the key of the
// same tokens behind another predecessor is found without the tokens. Partial blocks have no key.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace blis::request {

struct BlockKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const BlockKey&, const BlockKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const BlockKey& key) {
    return H::combine(std::move(h), key.low);  // the key is a hash already
  }
};

/// Key of a block that follows `previous` (nullptr: starts a chain) and holds `tokens`.
BlockKey chain_key(const BlockKey* previous, std::span<const std::int32_t> tokens);

/// Key of the tokens of `key` if they followed `to` instead of `from` (nullptr: nothing before
/// them).
BlockKey rechain(const BlockKey& key, const BlockKey* from, const BlockKey* to);

/// The block keys of one request, computed once when it is generated.
struct TokenKeys {
  std::int64_t block_size = 0;
  /// Full blocks of input followed by output: floor((input + output) / block_size) keys.
  std::vector<BlockKey> sequence;
  /// Only filled for an empty input: full blocks of output token 0 followed by the whole output,
  /// which is what such a request stores (spec engine 6.4.3 notes). Other chains that do not follow
  /// `sequence` are derived from it with rechain().
  std::vector<BlockKey> output_only;
};

/// Folds a token sequence into keys, block by block, keeping no token beyond the current partial
/// block.
class BlockKeyChain {
 public:
  explicit BlockKeyChain(std::int64_t block_size)
      : block_size_(static_cast<std::size_t>(block_size)) {
    partial_.reserve(block_size_);
  }

  void append(std::span<const std::int32_t> tokens);
  const std::vector<BlockKey>& keys() const { return keys_; }
  std::vector<BlockKey> take_keys() { return std::move(keys_); }
  /// Tokens after the last full block.
  std::span<const std::int32_t> partial() const { return partial_; }
  std::int64_t size() const {
    return static_cast<std::int64_t>(keys_.size() * block_size_ + partial_.size());
  }
  std::int64_t block_size() const { return static_cast<std::int64_t>(block_size_); }

 private:
  std::size_t block_size_;
  std::vector<BlockKey> keys_;
  std::vector<std::int32_t> partial_;
};

/// Keys of a request with this input and output, where `input` is a chain already folded (its
/// shared prefix may have been copied in). COST O(output).
std::shared_ptr<const TokenKeys> make_token_keys(BlockKeyChain input,
                                                 std::span<const std::int32_t> output);

}  // namespace blis::request
