// How long transfers between host memory and storage tiers take, and when each is done: a
// deterministic multi-server queue.
//
// A tier has read threads and write threads. Each serves one transfer at a time; a read thread
// takes reads first and writes when no read waits, a write thread the other way round. A transfer
// of `bytes` that starts as the q-th of its direction in service on its tier lasts
//
//   base + trunc(bytes / (bandwidth * ramp(q)))  [ticks], times the jitter factor if there is one,
//   where ramp(q) = f1 + (1 - f1) * (q - 1) / (Qsat - 1)   for q < Qsat, if Qsat >= 2 and 0 < f1 <
//   1;   else 1
//
// q stays what it was at the start. Every transfer gets that bandwidth whatever runs beside it,
// unless its tier names a shared device. Then its bytes also pass through that device, one transfer
// after the other in the order of their starts, for
//
//   bytes / (total bandwidth of the device in its direction)    [ns, rounded]
//
// each, and it is done when both are. So all transfers together, reads and writes, never move more
// than the device can, and a lone one takes as long as without sharing.
// NOT MODELLED: fair sharing between transfers, bounded queues. SOURCE spec kv-cache 7, the shared
// device is ours (W8). Laws 26 to 29.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/micros.h"
#include "kv/kv_config.h"

namespace blis::kv {

enum class TransferDirection : std::uint8_t { kRead, kWrite };  // in the order that breaks ties

using TransferId = std::uint64_t;  ///< 1, 2, … in the order of submission, across all tiers

struct TransferJob {
  std::int32_t tier = 0;
  TransferDirection direction = TransferDirection::kRead;
  std::int64_t bytes = 0;
  double jitter_factor = 0;  ///< on the time in service; 0 = none
  std::int32_t owner = 0;    ///< whose it is; handed back
  std::uint32_t tag = 0;     ///< what the owner knows it by; handed back
};

/// A transfer that is done.
struct CompletedTransfer {
  TransferId id = 0;
  std::int32_t owner = 0;
  std::uint32_t tag = 0;
};

/// Time in service of a transfer that starts as the `position`-th (from 1) of its direction on its
/// tier.
Micros transfer_time(const DeviceConfig& device, const TransferJob& job, std::int64_t position);

/// How much a shared device did.
struct SharedDeviceUse {
  std::string name;
  std::int64_t read_bytes = 0;
  std::int64_t written_bytes = 0;
  std::int64_t busy_ns = 0;  ///< time in which bytes passed through it
};

class TransferStation {
 public:
  TransferStation() = default;
  /// REQUIRES at least one tier, each with at least one thread.
  explicit TransferStation(std::span<const SecondaryTierConfig> tiers) { add_tiers(tiers); }

  /// More tiers, with threads of their own; those that name the same device share it, whenever they
  /// were added. Returns the index of the first. REQUIRES as above.
  std::int32_t add_tiers(std::span<const SecondaryTierConfig> tiers);

  /// Queues a transfer at `now`; a time before that of an earlier call counts as that one.
  TransferId submit(const TransferJob& job, Micros now);
  /// Appends the transfers that are done by `now` and were not reported before, in order of
  /// (completion, submission tick, tier, direction, id). A time not later than that of the last
  /// call advances nothing: what takes no time at all is reported by a later poll.
  void poll(Micros now, std::vector<CompletedTransfer>& completed);

  std::int64_t in_flight() const;  ///< queued and in service
  /// Shared devices in the order in which they were first named.
  std::vector<SharedDeviceUse> shared_devices() const;

 private:
  struct Queued {
    TransferId id = 0;
    TransferJob job;
    Micros submitted;
  };
  struct InService {
    Micros completes;
    Micros submitted;
    std::int32_t tier = 0;
    TransferDirection direction = TransferDirection::kRead;
    TransferId id = 0;
    bool by_read_thread = false;
    std::int32_t owner = 0;
    std::uint32_t tag = 0;

    friend auto operator<=>(const InService&, const InService&) = default;
  };
  struct SharedDevice {
    SharedDeviceConfig config;
    std::int64_t free_at_ns = 0;
    SharedDeviceUse use;
  };
  struct Tier {
    DeviceConfig device;
    std::optional<std::size_t> shared_device;  // index
    std::int64_t idle_read_threads = 0;
    std::int64_t idle_write_threads = 0;
    std::deque<Queued> reads;
    std::deque<Queued> writes;
    std::int64_t reads_in_service = 0;
    std::int64_t writes_in_service = 0;
  };

  void advance(Micros now);
  void assign(std::int32_t tier, Micros now);
  void start(std::int32_t tier, bool by_read_thread, Micros now);
  std::size_t find_or_add(const SharedDeviceConfig& config);
  static Micros pass(SharedDevice& device, const TransferJob& job, Micros now);

  std::vector<Tier> tiers_;
  std::vector<SharedDevice> shared_devices_;
  std::vector<InService> in_service_;  ///< heap, next completion first
  std::vector<CompletedTransfer> completed_;
  Micros last_;
  TransferId next_id_ = 1;
};

}  // namespace blis::kv
