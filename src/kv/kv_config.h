// Settings of one instance's KV cache, resolved: every number is final, whatever file or flag it
// came from. SOURCE spec kv-cache 1.1, 6.1-6.4.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"

namespace blis::kv {

/// Whether one request's name stands before another's, bytewise. Requests that wait for storage are
/// visited in this order.
using RequestOrder = std::function<bool(RequestId, RequestId)>;

/// Host memory behind the GPU, as --kv-cpu-blocks has it.
struct CpuTierConfig {
  std::int64_t cpu_blocks = 0;  ///< 0 = no such tier
  double bandwidth_tokens_per_tick =
      100.0;  ///< documented as blocks, used as tokens (spec kv-cache 5.2 [QUIRK])
  std::int64_t base_latency_ticks = 0;  ///< per reloaded block

  friend bool operator==(const CpuTierConfig&, const CpuTierConfig&) = default;
};

/// How fast a storage device is. The ramp and the jitter can only come from a device class.
struct DeviceConfig {
  double read_bandwidth = 0;   ///< bytes per tick and transfer
  double write_bandwidth = 0;  ///< bytes per tick and transfer
  double base_latency = 0;     ///< ticks, rounded half away from zero
  std::int64_t saturation_queue_depth =
      1;  ///< transfers in one direction that reach full bandwidth; below 2: no ramp
  double single_transfer_fraction = 1.0;  ///< of the full bandwidth that one transfer alone gets
  double latency_jitter_stddev = 0;       ///< of the factor on a transfer's time, 0 = none

  friend bool operator==(const DeviceConfig&, const DeviceConfig&) = default;
};

/// What tiers of all instances that name the same device share: its total bandwidth. Ours; in the
/// reference every transfer gets the full figures of its tier (spec kv-cache W8).
struct SharedDeviceConfig {
  std::string name;            ///< "" = not shared
  double read_bandwidth = 0;   ///< bytes per tick, all transfers together
  double write_bandwidth = 0;  ///< bytes per tick, all transfers together

  friend bool operator==(const SharedDeviceConfig&, const SharedDeviceConfig&) = default;
};

/// One storage tier behind the CPU tier.
struct SecondaryTierConfig {
  std::string type = "fs";  ///< "fs": each instance's own; "remote" (ours): one store for all
  std::string root_dir;     ///< of a remote tier: the name of its store
  std::int64_t n_read_threads = 16;
  std::int64_t n_write_threads = 16;
  std::string locality;           ///< "", LOCAL or REMOTE; carried along, no effect
  bool enable_kv_events = false;  ///< carried along, no effect
  bool direct_io =
      false;  ///< chose the device's direct or buffered figures; no effect of its own any more
  std::string device_class;  ///< where the figures came from; never looked up again
  DeviceConfig device;
  SharedDeviceConfig shared_device{};
  std::int64_t capacity_bytes = 0;  ///< of a remote store, per tensor-parallel rank; 0 = no limit

  bool is_remote() const { return type == "remote"; }
  /// Whether what happens in this tier depends on other instances.
  bool is_shared() const { return is_remote() || !shared_device.name.empty(); }
  friend bool operator==(const SecondaryTierConfig&, const SecondaryTierConfig&) = default;
};

/// CPU staging tier and storage tiers, as --kv-offload-config has them.
struct OffloadConfig {
  std::int64_t cpu_bytes_to_use = 0;  ///< per tensor-parallel rank
  std::int64_t per_block_bytes = 0;   ///< per tensor-parallel rank
  std::int64_t block_size = 0;        ///< tokens of an offloaded block; must be the GPU's
  std::int64_t blocks_per_chunk = 1;  ///< must be 1
  std::int64_t tokens_per_hash = 0;   ///< carried along, no effect
  std::string eviction_policy = "lru";
  bool offload_prompt_only = true;
  bool self_describing_kv_events = false;            ///< carried along, no effect
  std::vector<SecondaryTierConfig> secondary_tiers;  ///< in lookup order

  std::int64_t cpu_blocks() const { return cpu_bytes_to_use / per_block_bytes; }
  bool is_shared() const {
    return std::ranges::any_of(secondary_tiers, &SecondaryTierConfig::is_shared);
  }
  friend bool operator==(const OffloadConfig&, const OffloadConfig&) = default;
};

/// One instance's cache. At most one of `cpu_tier.cpu_blocks` > 0 and `offload` is given.
struct KvConfig {
  std::int64_t total_blocks = 1'000'000;
  std::int64_t block_size = 16;
  CpuTierConfig cpu_tier;
  std::optional<OffloadConfig> offload;
  /// Blocks that come back from a lower tier are not computed again. Ours; the reference reloads
  /// them and computes them all the same (spec kv-cache W1).
  bool tier_hits_save_prefill = false;
  /// Keep what changes on the GPU for whoever asks with take_index_changes().
  bool records_index_changes = false;
  std::int64_t run_seed =
      42;  ///< seeds the jitter; the same for all instances of a run [QUIRK, spec kv-cache W16]

  bool has_lower_tiers() const { return cpu_tier.cpu_blocks > 0 || offload.has_value(); }
};

}  // namespace blis::kv
