#include "kv/admission_fetch.h"

#include <algorithm>

namespace blis::kv {

std::int64_t count_free(const SingleTierCache& gpu, std::span<const BlockId> blocks) {
  return std::ranges::count_if(blocks, [&](BlockId block) { return !gpu.pool().is_in_use(block); });
}

void keep_from_victims(SingleTierCache& gpu, std::span<const BlockId> blocks) {
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    if (gpu.pool().is_in_use(*block)) continue;
    gpu.pool().add_reference(*block);
    gpu.pool().drop_reference(*block);
  }
}

void match_all_but_last_token(const SingleTierCache& gpu, const KvClient& client,
                              std::vector<BlockId>& cached) {
  gpu.match(client.input_keys(), cached);
  const std::int64_t cached_tokens = std::ssize(cached) * gpu.block_size();
  if (cached_tokens > 0 && cached_tokens >= client.input_tokens) cached.pop_back();
}

}  // namespace blis::kv
