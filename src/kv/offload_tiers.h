// What lies behind the GPU in an offload chain: a CPU staging tier, storage tiers behind it, and
// the transfers between them.
//
// Blocks enter the CPU tier from the GPU (after a step) and are then written through to every
// storage tier; on the way back they come from the first storage tier that has them, as one read of
// a whole run of blocks, into the CPU tier and only from there to the GPU. Between CPU and GPU
// nothing takes time (spec kv-cache W7). A storage tier is the instance's own and unbounded (W10)
// unless it is a remote store (remote_store.h). SOURCE spec kv-cache 6.5-6.8, 8.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/micros.h"
#include "kv/cpu_tier.h"
#include "kv/kv_config.h"
#include "kv/storage_network.h"
#include "random/random_stream.h"
#include "request/block_keys.h"

namespace blis::kv {

/// Blocks of one request that follow each other and are all to come from one storage tier.
struct StorageRun {
  std::int32_t tier = 0;
  std::vector<request::BlockKey> keys;
};

class OffloadTiers {
 public:
  /// REQUIRES the CPU tier holds at least one block. `run_seed` seeds the jitter stream, from which
  /// one normal is drawn per transfer on a tier with jitter, and nothing otherwise. `shared`: the
  /// network to join, which outlives this; nullptr = one of its own.
  OffloadTiers(const OffloadConfig& config, std::int64_t run_seed,
               StorageNetwork* shared = nullptr);

  /// Moves the clock and applies what was done by then.
  void set_clock(Micros now);
  Micros clock() const { return clock_; }
  bool has_storage() const { return !storage_.empty(); }
  CpuTier& cpu() { return cpu_; }
  const CpuTier& cpu() const { return cpu_; }

  /// Takes a copy of a GPU block that the CPU tier does not have, and starts its writes to all
  /// storage tiers but remote ones that have it. kNone if the CPU tier is full of blocks in
  /// transfer.
  CpuTier::Slot store(const request::BlockKey& key);
  /// The first storage tier that has `key`; nullopt if none.
  std::optional<std::int32_t> storage_tier_of(const request::BlockKey& key) const;
  /// Starts the read of a run into the CPU tier; false if there is no room for all of it, or a
  /// remote store has lost some of it meanwhile.
  bool promote(const StorageRun& run);

  std::int64_t promotions_fired() const { return promotions_fired_; }
  std::int64_t promotions_failed() const { return promotions_failed_; }
  /// In an instance's own tier.
  std::int64_t stored_blocks(std::int32_t tier) const {
    return static_cast<std::int64_t>(storage_[static_cast<std::size_t>(tier)].keys.size());
  }
  /// Blocks taken in and reads started. Refused reads change nothing.
  std::int64_t activity() const { return stored_ + promotions_fired_; }
  /// Of this instance or of one that shares storage with it.
  bool awaits_transfers() const { return network_ != nullptr && network_->in_flight() > 0; }
  std::int64_t transfers_in_flight() const {
    return static_cast<std::int64_t>(transfers_.size() - unused_tags_.size());
  }

 private:
  struct StorageTier {
    double jitter_stddev = 0;
    absl::flat_hash_set<request::BlockKey> keys;
    RemoteStore* remote = nullptr;  ///< instead of `keys`

    bool contains(const request::BlockKey& key) const {
      return remote != nullptr ? remote->contains(key) : keys.contains(key);
    }
  };
  /// A transfer on its way; in transfers_ at its tag.
  struct Transfer {
    TransferDirection direction = TransferDirection::kRead;
    std::int32_t tier = 0;
    CpuTier::Slot written = CpuTier::kNone;  ///< copy that a write reads
    std::vector<request::BlockKey> read;     ///< what a read brings
  };

  void write_through(const request::BlockKey& key, CpuTier::Slot slot, std::int32_t tier);
  Transfer& submit(TransferDirection direction, std::int32_t tier, std::int64_t blocks,
                   const request::BlockKey* brought_to_store);
  double draw_jitter(std::int32_t tier);
  void apply(const Transfer& transfer);
  std::uint32_t unused_tag();

  Micros clock_;
  std::int64_t per_block_bytes_;
  CpuTier cpu_;
  std::vector<StorageTier> storage_;
  std::unique_ptr<StorageNetwork> own_network_;
  StorageNetwork* network_ = nullptr;  ///< nullptr without storage
  std::int32_t member_ = 0;            ///< number in the network
  std::optional<random::RandomStream> jitter_;
  std::vector<Transfer> transfers_;
  std::vector<std::uint32_t> unused_tags_;
  std::vector<CompletedTransfer> completed_;
  std::int64_t stored_ = 0;
  std::int64_t promotions_fired_ = 0;
  std::int64_t promotions_failed_ = 0;
};

}  // namespace blis::kv
