// Identities of KV blocks: a block is known by its tokens and by everything that stands before
// them.
//
//   key(0) = h(tokens of block 0),  key(i) = h(tokens of block i) + h(key(i-1)),  h = XXH3-128
//
// Only equality of keys is ever observed (spec kv-cache 2), so a 128-bit hash of the binary tokens
// replaces the reference's SHA-256 over decimal text. The sum can be undone, so that the key of the
// same tokens behind another predecessor is found without the tokens. Partial blocks have no key.
//
// A block with a freshly drawn token in it is like no block of any other request; only its own
// request can ever find it again, and that only looks for it after a preemption. Such blocks are
// private: they get keys, made up ones, when their request is preempted, and most never do.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ids.h"

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

/// The block keys of one request, computed once when it is generated. Requests that differ in
/// nothing but private blocks share one object.
struct TokenKeys {
  std::int64_t block_size = 0;
  /// Full blocks of input followed by output: floor((input + output) / block_size) keys, or those
  /// of the leading blocks if the rest is private.
  std::vector<BlockKey> sequence;
  /// Only filled for an empty input: full blocks of output token 0 followed by the whole output,
  /// which is what such a request stores (spec engine 6.4.3 notes). Other chains that do not follow
  /// `sequence` are derived from it with rechain().
  std::vector<BlockKey> output_only;
  bool rest_is_private = false;  ///< REQUIRES a prompt that is not empty

  /// Whether the block that holds the tokens just before position `end` is private.
  bool is_private(std::int64_t end) const {
    return rest_is_private && end > static_cast<std::int64_t>(sequence.size()) * block_size;
  }
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

/// Keys of all requests that begin with the tokens of `prefix` and whose other tokens are like
/// nobody's.
std::shared_ptr<const TokenKeys> make_private_keys(BlockKeyChain prefix);

/// The keys of the request `owner` of this length, with made-up ones for its private blocks: keys
/// that no other block has. REQUIRES keys.rest_is_private.
std::shared_ptr<const TokenKeys> make_own_keys(const TokenKeys& keys, RequestId owner,
                                               std::int64_t tokens);

}  // namespace blis::request
