// GPU blocks with a copy of each full block in host memory, as --kv-cpu-blocks has it.
//
// After every step all full blocks of running requests are copied to host memory; on every
// allocation the blocks of the prompt that are in host memory but no longer on the GPU are
// reloaded. Copying out is free; a reload costs
//   base + ceil(block size / bandwidth)        [ticks per block]
// and is added to the next step, whoever asked for it.
// NOT MODELLED: an offload threshold (the flag exists in the reference and has no effect),
// transfers that overlap a step, any bound on what a step may copy. SOURCE spec kv-cache 5.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kv/cpu_tier.h"
#include "kv/kv_config.h"
#include "kv/kv_store.h"
#include "kv/prefix_walk.h"
#include "kv/running_copies.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {

class LegacyCpuCache final : public KvStore {
 public:
  /// REQUIRES config.cpu_tier.cpu_blocks > 0, a finite bandwidth > 0, a base latency >= 0.
  explicit LegacyCpuCache(const KvConfig& config);

  void match(std::span<const request::BlockKey> keys, std::vector<BlockId>& blocks) const override {
    gpu_.match(keys, blocks);
  }
  /// Not free of side effects when it returns false: see allocate_after_reload().
  [[nodiscard]] bool allocate(const KvClient& client, std::int64_t start, std::int64_t end,
                              std::span<const BlockId> cached) override;
  void release(RequestId request) override {
    copies_.leave(request);
    gpu_.release(request);
  }

  std::int64_t used_blocks() const override { return gpu_.used_blocks(); }
  std::int64_t total_blocks() const override { return gpu_.total_blocks(); }
  std::int64_t block_size() const override { return gpu_.block_size(); }
  /// hits / (hits + misses + failed attempts that reloaded nothing).
  double hit_rate() const override;
  /// CPU evictions / blocks copied.
  double thrashing_rate() const override;

  void fetch_before_admission(const KvClient& client, std::vector<BlockId>& cached) override;
  void mirror(std::span<const KvClient> batch) override {
    copies_.mirror(batch, [this](const request::BlockKey& key) { return store(key); });
  }
  bool mirror_changed(std::span<const KvClient> changed) override {
    return copies_.mirror_changed(changed,
                                  [this](const request::BlockKey& key) { return store(key); });
  }
  bool needs_mirror() const override { return true; }
  Micros consume_transfer_latency() override;
  std::int64_t tier_activity() const override { return reloaded_ + mirrored_; }

  std::int64_t cached_prefix_blocks(std::span<const request::BlockKey> keys) const override {
    return gpu_.cached_prefix_blocks(keys);
  }
  void take_view_changes(std::vector<IndexChange>& changes) override {
    gpu_.take_view_changes(changes);
  }
  void record_index_changes() override { gpu_.record_index_changes(); }
  std::vector<IndexChange> take_index_changes() override { return gpu_.take_index_changes(); }

  SingleTierCache* gpu_tier() override { return &gpu_; }
  const SingleTierCache& gpu() const { return gpu_; }
  CpuTier& cpu() { return cpu_; }
  const CpuTier& cpu() const { return cpu_; }
  std::int64_t reloaded_blocks() const { return reloaded_; }
  std::int64_t mirrored_blocks() const { return mirrored_; }
  std::int64_t failed_attempts() const { return failed_attempts_; }
  Micros pending_transfer_latency() const { return pending_latency_; }

 private:
  CpuTier::Slot store(const request::BlockKey& key);
  bool reload_prefix(const KvClient& client, std::span<const BlockId> cached);

  SingleTierCache gpu_;
  CpuTier cpu_;
  RunningCopies copies_;
  PrefixWalk walk_;
  std::vector<BlockId> matched_;  ///< scratch
  bool saves_prefill_;
  Micros reload_cost_;
  Micros pending_latency_;
  std::int64_t reloaded_ = 0;
  std::int64_t mirrored_ = 0;
  std::int64_t failed_attempts_ = 0;
};

}  // namespace blis::kv
