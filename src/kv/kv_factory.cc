#include "kv/kv_factory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "kv/legacy_cpu_cache.h"
#include "kv/offload_cache.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {
namespace {

constexpr KvStoreEntry kEntries[] = {
#define BLIS_KV_STORE(name, condition, construction, help)                                  \
  {name, []([[maybe_unused]] const KvConfig& config) { return condition; },                 \
   []([[maybe_unused]] const KvConfig& config, [[maybe_unused]] const RequestOrder& before) \
       -> std::unique_ptr<KvStore> { return std::unique_ptr<KvStore>(new construction); },  \
   help},
#include "kv/kv_stores.def"
#undef BLIS_KV_STORE
};

[[noreturn]] void refuse(std::string_view key, std::string_view message) {
  throw ConfigError(InputLocation{.file = "", .line = 0, .key = std::string(key)}, message);
}

}  // namespace

std::span<const KvStoreEntry> kv_store_entries() { return kEntries; }

void check_kv_config(const KvConfig& config) {
  if (config.total_blocks <= 0) {
    refuse("--total-kv-blocks", fmt::format("{} is not > 0", config.total_blocks));
  }
  if (config.block_size <= 0) {
    refuse("--block-size-in-tokens", fmt::format("{} is not > 0", config.block_size));
  }
  if (!config.offload) return;
  const OffloadConfig& offload = *config.offload;
  if (config.cpu_tier.cpu_blocks > 0) {
    refuse("--kv-cpu-blocks", "cannot be combined with an offload chain (--kv-offload-config)");
  }
  if (offload.per_block_bytes <= 0) {
    refuse("kv_offload.per_block_bytes", fmt::format("{} is not > 0", offload.per_block_bytes));
  }
  if (offload.blocks_per_chunk != 1 || offload.block_size != config.block_size) {
    refuse("kv_offload.block_size",
           fmt::format("{} tokens, {} blocks per chunk: only chunks of one GPU block of {} tokens "
                       "can be simulated",
                       offload.block_size, offload.blocks_per_chunk, config.block_size));
  }
  if (offload.eviction_policy != "lru") {
    refuse("kv_offload.eviction_policy",
           fmt::format("\"{}\" cannot be simulated; use lru", offload.eviction_policy));
  }
  if (offload.cpu_blocks() < 1) {
    refuse("kv_offload.cpu_bytes_to_use",
           fmt::format("{} bytes do not hold one block of {} bytes", offload.cpu_bytes_to_use,
                       offload.per_block_bytes));
  }
}

std::unique_ptr<KvStore> make_kv_store(const KvConfig& config, const RequestOrder& before) {
  const auto* chosen = std::ranges::find_if(
      kEntries, [&config](const KvStoreEntry& entry) { return entry.is_chosen(config); });
  return chosen->make(config, before);
}

}  // namespace blis::kv
