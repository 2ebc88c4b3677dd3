// Lower tiers whose hits save prefill: what both kinds of tiered caches share. An extension, off by
// default (KvConfig::tier_hits_save_prefill).
//
// Before a new request's first chunk is sized, what host memory has of its prompt comes back to the
// GPU; the chunk then starts behind it. The reference sizes first and reloads afterwards, so that a
// hit costs time and saves none (spec kv-cache W1). Three of its other oddities go with it: the
// prefix that is being extended is never a victim (W5), a failed admission holds nothing (W3), and
// a prompt that is cached to its end computes its last block again and holds the rest (W2), as vLLM
// does.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kv/kv_store.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {

/// How many of `blocks` are free. COST O(blocks)
std::int64_t count_free(const SingleTierCache& gpu, std::span<const BlockId> blocks);

/// Moves those of `blocks` that are free to the end of the free list, the first block last, so that
/// every other free block is a victim before them.
void keep_from_victims(SingleTierCache& gpu, std::span<const BlockId> blocks);

/// Replaces `cached` by the longest cached prefix of the prompt that leaves a token to compute.
void match_all_but_last_token(const SingleTierCache& gpu, const KvClient& client,
                              std::vector<BlockId>& cached);

}  // namespace blis::kv
