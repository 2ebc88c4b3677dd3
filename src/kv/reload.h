// Bringing blocks from host memory back to the GPU while a request allocates: what the legacy tier
// and the offload chain have in common. SOURCE spec kv-cache 5.3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kv/kv_store.h"
#include "kv/single_tier_cache.h"
#include "request/block_keys.h"

namespace blis::kv {

/// The key of the block before `index`, from which a walk along a request's input sets out.
struct ChainPosition {
  std::int64_t index = 0;
  std::optional<request::BlockKey> previous;

  const request::BlockKey* previous_key() const { return previous ? &*previous : nullptr; }
};

/// Where the part of the input begins that the request neither holds nor has matched. Behind a
/// partially filled block the chain starts anew, and so matches nothing but prompts that start
/// there [QUIRK, spec kv-cache 5.3 notes].
ChainPosition first_unmatched(const SingleTierCache& gpu, const KvClient& client,
                              std::span<const BlockId> cached);

/// Puts the content `key` from host memory into a free GPU block, which stays free. The victim may
/// be a block of the very prefix that is being extended, as nothing is claimed yet [BUG of the
/// reference, spec kv-cache W5]. REQUIRES the pool has free blocks.
void reload_block(SingleTierCache& gpu, const request::BlockKey& key);

/// The allocation after at least one block was reloaded: makes the request a holder of the reloaded
/// prefix, and places what is left of [start, end) behind it. The caller sized that range before it
/// knew about the reload, so the tokens are computed all the same [BUG of the reference, W1]. A
/// false result leaves what was claimed with the request [W3].
[[nodiscard]] bool allocate_after_reload(SingleTierCache& gpu, const KvClient& client,
                                         std::int64_t start, std::int64_t end,
                                         std::span<const BlockId> cached);

}  // namespace blis::kv
