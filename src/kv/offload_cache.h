// GPU blocks over a CPU staging tier and storage tiers, as --kv-offload-config has them.
//
// A new request whose prefix lies in a storage tier waits: its admission is put off, step by step,
// until one read has brought a run of blocks into the CPU tier; it then reloads them to the GPU and
// is admitted. Only new prefill admissions wait; running requests and decode halves of
// disaggregated requests take what is in the CPU tier and leave a read behind for others. At most
// one read is awaited per admission.
//
//   first refusal        cold run: note it, look again next round     warm run (looked up before):
//   start the read at once each poll            retry -> promoting -> resolved, or "recompute" if
//   the read is refused, evicted or takes > 1000 s
//
// The time of a read is seen only through set_clock() and poll_deferred(), that is at the
// instance's next step. SOURCE spec kv-cache 6.6-6.11. Laws 17 to 25.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "kv/kv_config.h"
#include "kv/kv_store.h"
#include "kv/offload_tiers.h"
#include "kv/prefix_walk.h"
#include "kv/running_copies.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {

class OffloadCache final : public KvStore {
 public:
  /// REQUIRES config.offload is given, with blocks of the GPU's size, one block per chunk and the
  /// lru policy.
  /// `shared`: see OffloadTiers.
  OffloadCache(const KvConfig& config, const RequestOrder& before,
               StorageNetwork* shared = nullptr);

  void match(std::span<const request::BlockKey> keys, std::vector<BlockId>& blocks) const override {
    gpu_.match(keys, blocks);
  }
  /// False for lack of GPU blocks, or because the request now waits for a lower tier: then
  /// is_deferred() tells, except when a read was refused at once, which looks like a lack of GPU
  /// blocks [BUG of the reference, spec kv-cache W6]. Not free of side effects when it returns
  /// false.
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
  /// Refused reads / reads wanted.
  double thrashing_rate() const override;

  void fetch_before_admission(const KvClient& client, std::vector<BlockId>& cached) override;
  void set_clock(Micros now) override { tiers_.set_clock(now); }
  void mirror(std::span<const KvClient> batch) override {
    copies_.mirror(batch, [this](const request::BlockKey& key) { return store(key); });
  }
  bool mirror_changed(std::span<const KvClient> changed) override {
    return copies_.mirror_changed(changed,
                                  [this](const request::BlockKey& key) { return store(key); });
  }
  bool needs_mirror() const override { return true; }
  bool supports_deferral() const override { return tiers_.has_storage(); }
  void poll_deferred(Micros now, std::vector<RequestId>& deferred) override;
  bool is_deferred(RequestId request) const override;
  void clear_deferred(RequestId request) override { deferrals_.erase(request); }
  std::int64_t tier_activity() const override {
    return reloaded_ + deferrals_started_ + tiers_.activity();
  }
  bool awaits_transfers() const override;

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
  OffloadTiers& tiers() { return tiers_; }
  const OffloadTiers& tiers() const { return tiers_; }
  std::int64_t reloaded_blocks() const { return reloaded_; }
  std::int64_t skipped_mirrors() const { return skipped_mirrors_; }
  std::int64_t deferrals_started() const { return deferrals_started_; }
  std::int64_t failed_attempts() const { return failed_attempts_; }

 private:
  /// kRetry and kPromoting wait; the others let the request in.
  enum class Phase : std::uint8_t { kRetry, kPromoting, kResolved, kRecompute };

  struct Deferral {
    Phase phase = Phase::kPromoting;
    StorageRun run;
    Micros started;
    bool is_waiting() const { return phase == Phase::kRetry || phase == Phase::kPromoting; }
  };
  /// What a new request would have to wait for.
  struct Wanted {
    bool is_being_read = false;  ///< the run is one key that somebody else's read will bring
    StorageRun run;
  };

  bool allocate_through_cpu(const KvClient& client, std::int64_t start, std::int64_t end,
                            std::span<const BlockId> cached);
  bool reload_prefix(std::span<const BlockId> cached);
  std::optional<Wanted> find_wanted();
  void defer(RequestId request, Wanted wanted);
  std::optional<StorageRun> gather_run(std::size_t first);
  CpuLookup await(std::span<const request::BlockKey> keys) const;
  void advance(Deferral& deferral, Micros now);
  void promote_or_recompute(Deferral& deferral);
  CpuTier::Slot store(const request::BlockKey& key);
  bool promote(const StorageRun& run);

  SingleTierCache gpu_;
  OffloadTiers tiers_;
  RunningCopies copies_;
  PrefixWalk walk_;
  std::vector<BlockId> matched_;  ///< scratch
  bool saves_prefill_;
  /// In the order in which the reference visits them: by the bytes of the request's name.
  std::map<RequestId, Deferral, RequestOrder> deferrals_;
  /// Keys whose place in storage was looked up before; never forgotten.
  absl::flat_hash_set<request::BlockKey> known_;
  std::int64_t reloaded_ = 0;
  std::int64_t skipped_mirrors_ = 0;
  std::int64_t deferrals_started_ = 0;
  std::int64_t failed_attempts_ = 0;
};

}  // namespace blis::kv
