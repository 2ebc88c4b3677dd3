// Small offload chains for tests of the KV tiers: blocks of 2 tokens and 4 KiB over disks.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kv/kv_config.h"

namespace blis::testing {

/// An order for deferred prefills where names do not matter.
inline bool by_id(RequestId a, RequestId b) { return a < b; }

/// A tier that reads and writes `bandwidth` bytes per tick, 80 ticks after it was asked.
inline kv::SecondaryTierConfig disk(double bandwidth, std::int64_t threads = 16) {
  kv::SecondaryTierConfig tier;
  tier.n_read_threads = threads;
  tier.n_write_threads = threads;
  tier.device = {.read_bandwidth = bandwidth, .write_bandwidth = bandwidth, .base_latency = 80};
  return tier;
}

inline kv::KvConfig chain_config(std::int64_t gpu_blocks, std::int64_t cpu_blocks,
                                 std::vector<kv::SecondaryTierConfig> tiers,
                                 bool prompt_only = true) {
  constexpr std::int64_t kBlockBytes = 4096;
  kv::KvConfig config;
  config.total_blocks = gpu_blocks;
  config.block_size = 2;
  kv::OffloadConfig& chain = config.offload.emplace();
  chain.cpu_bytes_to_use = cpu_blocks * kBlockBytes;
  chain.per_block_bytes = kBlockBytes;
  chain.block_size = 2;
  chain.offload_prompt_only = prompt_only;
  chain.secondary_tiers = std::move(tiers);
  return config;
}

}  // namespace blis::testing
