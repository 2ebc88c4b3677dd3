#include "kv/kv_factory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "kv/legacy_cpu_cache.h"
#include "kv/offload_cache.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {
namespace {

// A construction is a type with its arguments: no expression that could be put in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
constexpr KvStoreEntry kEntries[] = {
#define BLIS_KV_STORE(name, condition, construction, help)                                  \
  {name, []([[maybe_unused]] const KvConfig& config) { return (condition); },               \
   []([[maybe_unused]] const KvConfig& config, [[maybe_unused]] const RequestOrder& before, \
      [[maybe_unused]] StorageNetwork* shared) -> std::unique_ptr<KvStore> {                \
     return std::unique_ptr<KvStore>(new construction);                                     \
   },                                                                                       \
   help},
#include "kv/kv_stores.def"
#undef BLIS_KV_STORE
};
// NOLINTEND(bugprone-macro-parentheses)

void require(bool good, std::string_view key, const std::string& message) {
  if (!good) {
    throw ConfigError(InputLocation{.file = "", .line = 0, .key = std::string(key)}, message);
  }
}

void check_cpu_tier(const CpuTierConfig& cpu) {
  if (cpu.cpu_blocks == 0) return;
  require(cpu.cpu_blocks > 0, "--kv-cpu-blocks", fmt::format("{} is not >= 0", cpu.cpu_blocks));
  require(std::isfinite(cpu.bandwidth_tokens_per_tick) && cpu.bandwidth_tokens_per_tick > 0,
          "--kv-transfer-bandwidth",
          fmt::format("{} is not a finite number > 0", cpu.bandwidth_tokens_per_tick));
  require(cpu.base_latency_ticks >= 0, "--kv-transfer-base-latency",
          fmt::format("{} is not >= 0", cpu.base_latency_ticks));
}

void check_offload(const OffloadConfig& offload, std::int64_t gpu_block_size) {
  require(offload.per_block_bytes > 0, "kv_offload.per_block_bytes",
          fmt::format("{} is not > 0", offload.per_block_bytes));
  require(
      offload.blocks_per_chunk == 1, "kv_offload.blocks_per_chunk",
      fmt::format("{} GPU blocks per chunk cannot be simulated, only 1", offload.blocks_per_chunk));
  require(offload.block_size == gpu_block_size, "kv_offload.block_size",
          fmt::format("{} tokens cannot be simulated over GPU blocks of {}", offload.block_size,
                      gpu_block_size));
  require(offload.eviction_policy == "lru", "kv_offload.eviction_policy",
          fmt::format("\"{}\" cannot be simulated, only lru", offload.eviction_policy));
  for (const SecondaryTierConfig& tier : offload.secondary_tiers) {
    require(tier.capacity_bytes == 0 || tier.capacity_bytes >= offload.per_block_bytes,
            "kv_offload.secondary_tiers.capacity_bytes",
            fmt::format("{} bytes do not hold one block of {} bytes", tier.capacity_bytes,
                        offload.per_block_bytes));
  }
  require(offload.cpu_blocks() >= 1, "kv_offload.cpu_bytes_to_use",
          fmt::format("{} bytes do not hold one block of {} bytes", offload.cpu_bytes_to_use,
                      offload.per_block_bytes));
}

void check(const KvConfig& config) {
  require(config.total_blocks > 0, "--total-kv-blocks",
          fmt::format("{} is not > 0", config.total_blocks));
  require(config.block_size > 0, "--block-size-in-tokens",
          fmt::format("{} is not > 0", config.block_size));
  check_cpu_tier(config.cpu_tier);
  if (!config.offload) return;
  require(config.cpu_tier.cpu_blocks == 0, "--kv-cpu-blocks",
          "cannot be combined with an offload chain (--kv-offload-config)");
  check_offload(*config.offload, config.block_size);
}

}  // namespace

std::span<const KvStoreEntry> kv_store_entries() { return kEntries; }

std::unique_ptr<KvStore> make_kv_store(const KvConfig& config, const RequestOrder& before,
                                       StorageNetwork* shared) {
  check(config);
  const auto* chosen = std::ranges::find_if(
      kEntries, [&config](const KvStoreEntry& entry) { return entry.is_chosen(config); });
  return chosen->make(config, before, shared);
}

}  // namespace blis::kv
