// Bringing blocks from host memory back to the GPU while a request allocates: what the legacy tier
// and the offload chain have in common. SOURCE spec kv-cache 5.3.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kv/kv_store.h"
#include "kv/prefix_walk.h"
#include "kv/single_tier_cache.h"
#include "request/block_keys.h"

namespace blis::kv {

/// Puts the content `key` from host memory into a free GPU block, which stays free, and returns it.
/// The victim may be a block of the very prefix that is being extended, as nothing is claimed yet
/// [BUG of the reference, spec kv-cache W5]. REQUIRES the pool has free blocks.
BlockId reload_block(SingleTierCache& gpu, const request::BlockKey& key);

/// The allocation after at least one block was reloaded along `walk`: makes the request a holder of
/// the reloaded prefix, and places what is left of [start, end) behind it. The caller sized that
/// range before it knew about the reload, so the tokens are computed all the same [BUG of the
/// reference, W1]. A false result leaves what was claimed with the request [W3]. `matched` is
/// scratch.
[[nodiscard]] bool allocate_after_reload(SingleTierCache& gpu, PrefixWalk& walk,
                                         const KvClient& client, std::int64_t start,
                                         std::int64_t end, std::span<const BlockId> cached,
                                         std::vector<BlockId>& matched);

}  // namespace blis::kv
