// When a block may count as unlike all others.
#pragma once

#include <cstdint>

#include "request/block_keys.h"

namespace blis::request {

/// Drawn tokens by which two requests are told apart: 128000^-7 is below 2^-118, which is the order
/// of what the keys allow themselves. One token does not do: of 20,000 requests that share all of a
/// block but its last token, some 1,500 have that one in common with an earlier request.
inline constexpr std::int64_t kTokensThatTell = 7;

/// Whether the block in which the tokens of `prefix` end, or the one behind them, has enough tokens
/// of its own to be private, once it is full. If it has not, requests may have it in common by
/// chance, which the reference sees.
inline bool may_end_in_private_blocks(const BlockKeyChain& prefix) {
  return prefix.block_size() - prefix.size() % prefix.block_size() >= kTokensThatTell;
}

}  // namespace blis::request
