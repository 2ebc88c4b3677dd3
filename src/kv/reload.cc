#include "kv/reload.h"

#include <algorithm>
#include <vector>

namespace blis::kv {

ChainPosition first_unmatched(const SingleTierCache& gpu, const KvClient& client,
                              std::span<const BlockId> cached) {
  const std::span<const BlockId> held = gpu.held_blocks(client.id);
  const std::span<const BlockId> known = held.size() > cached.size() ? held : cached;
  ChainPosition position;
  position.index = std::ssize(known);
  if (!known.empty()) {
    if (const request::BlockKey* key = gpu.pool().key(known.back())) position.previous = *key;
  }
  return position;
}

void reload_block(SingleTierCache& gpu, const request::BlockKey& key) {
  BlockPool& pool = gpu.pool();
  const BlockId block = pool.take_victim();
  pool.set_tokens(block, gpu.block_size());
  pool.publish(block, key);
  pool.append_free(block);
}

bool allocate_after_reload(SingleTierCache& gpu, const KvClient& client, std::int64_t start,
                           std::int64_t end, std::span<const BlockId> cached) {
  const std::int64_t block_size = gpu.block_size();
  const auto blocks_up_to = [block_size](std::int64_t position) {
    return static_cast<std::size_t>((position + block_size - 1) / block_size);
  };
  std::vector<BlockId> matched;
  gpu.match(client.input_keys(), matched);
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
