#include "kv/reload.h"

#include <algorithm>

namespace blis::kv {

BlockId reload_block(SingleTierCache& gpu, const request::BlockKey& key) {
  BlockPool& pool = gpu.pool();
  const BlockId block = pool.take_victim();
  pool.set_tokens(block, gpu.block_size());
  pool.publish(block, key);
  pool.append_free(block);
  return block;
}

bool allocate_after_reload(SingleTierCache& gpu, PrefixWalk& walk, const KvClient& client,
                           std::int64_t start, std::int64_t end, std::span<const BlockId> cached,
                           std::vector<BlockId>& matched) {
  const std::int64_t block_size = gpu.block_size();
  const auto blocks_up_to = [block_size](std::int64_t position) {
    return static_cast<std::size_t>((position + block_size - 1) / block_size);
  };
  walk.match_again(matched);
  const std::int64_t matched_end = std::ssize(matched) * block_size;
  if (matched_end <= start) return gpu.allocate(client, start, end, cached);

  const bool is_holder = !gpu.held_blocks(client.id).empty();
  const std::size_t first = is_holder ? blocks_up_to(start) : 0;
  const std::size_t last = std::min(blocks_up_to(end), matched.size());
  if (first < last) gpu.claim(client.id, std::span(matched).subspan(first, last - first));
  if (matched_end >= end) return true;
  return gpu.allocate(client, matched_end, end, matched);
}

}  // namespace blis::kv
