#include "kv/legacy_cpu_cache.h"

#include <cmath>
#include <utility>

#include "base/check.h"
#include "kv/admission_fetch.h"
#include "kv/reload.h"

namespace blis::kv {
namespace {

Micros reload_cost_of(const KvConfig& config) {
  const double tokens = static_cast<double>(config.block_size);
  return Micros(config.cpu_tier.base_latency_ticks) +
         Micros::truncate(std::ceil(tokens / config.cpu_tier.bandwidth_tokens_per_tick));
}

}  // namespace

LegacyCpuCache::LegacyCpuCache(const KvConfig& config)
    : gpu_(config.total_blocks, config.block_size),
      cpu_(config.cpu_tier.cpu_blocks),
      copies_(gpu_, cpu_, /*prompt_only=*/false),
      walk_(gpu_, cpu_),
      saves_prefill_(config.tier_hits_save_prefill),
      reload_cost_(reload_cost_of(config)) {
  BLIS_CHECK(config.cpu_tier.cpu_blocks > 0, "a CPU tier of {} blocks", config.cpu_tier.cpu_blocks);
}

bool LegacyCpuCache::allocate(const KvClient& client, std::int64_t start, std::int64_t end,
                              std::span<const BlockId> cached) {
  if (!saves_prefill_ && reload_prefix(client, cached)) {
    return allocate_after_reload(gpu_, walk_, client, start, end, cached, matched_);
  }
  const bool ok = gpu_.allocate(client, start, end, cached);
  if (!ok) ++failed_attempts_;
  return ok;
}

/// Brings what host memory has of the rest of the whole prompt, not only of the range asked for,
/// back to the GPU. Returns whether it brought anything.
bool LegacyCpuCache::reload_prefix(const KvClient& client, std::span<const BlockId> cached) {
  // No more than the blocks that were free at entry, so that none of the reloaded ones becomes a
  // victim.
  const std::int64_t quota =
      gpu_.pool().free_blocks() - (saves_prefill_ ? count_free(gpu_, cached) : 0);
  std::int64_t reloaded = 0;
  walk_.begin(client, cached);
  for (std::size_t i = 0; const PrefixWalk::Place* place = walk_.at(i); ++i) {
    if (!place->gpu.is_none()) continue;
    if (place->copy == CpuTier::kNone || reloaded >= quota) break;
    const BlockId block = reload_block(gpu_, place->key);
    walk_.reloaded(i, block);
    copies_.note(block, place->copy);
    pending_latency_ += reload_cost_;
    cpu_.touch(place->copy);
    ++reloaded_;
    ++reloaded;
  }
  return reloaded > 0;
}

void LegacyCpuCache::fetch_before_admission(const KvClient& client, std::vector<BlockId>& cached) {
  if (!saves_prefill_ || !gpu_.held_blocks(client.id).empty()) return;
  keep_from_victims(gpu_, cached);
  reload_prefix(client, cached);
  match_all_but_last_token(gpu_, client, cached);
}

CpuTier::Slot LegacyCpuCache::store(const request::BlockKey& key) {
  ++mirrored_;
  return cpu_.store(key);
}

Micros LegacyCpuCache::consume_transfer_latency() {
  return std::exchange(pending_latency_, Micros());
}

double LegacyCpuCache::hit_rate() const {
  const std::int64_t total = gpu_.hits() + gpu_.misses() + failed_attempts_;
  return total == 0 ? 0.0 : static_cast<double>(gpu_.hits()) / static_cast<double>(total);
}

double LegacyCpuCache::thrashing_rate() const {
  return mirrored_ == 0 ? 0.0
                        : static_cast<double>(cpu_.evictions()) / static_cast<double>(mirrored_);
}

}  // namespace blis::kv
