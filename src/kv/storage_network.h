// The storage tiers behind the CPU tiers of one or several instances: their transfers, and what
// instances share of them.
//
// Every instance has a network of its own unless its chain has something shared: a device whose
// bandwidth all instances divide among themselves, or a remote store. Then there is one network for
// the run. Time in it goes on with whoever asks first, so that what one instance wrote is there for
// another one from the moment at which the write ends, whether its writer has noticed or not; at
// equal times instances ask in the order of the cluster's events. Knows keys only of remote stores;
// what an instance's own storage holds is known to its OffloadTiers.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/micros.h"
#include "kv/kv_config.h"
#include "kv/remote_store.h"
#include "kv/transfer_station.h"
#include "request/block_keys.h"

namespace blis::kv {

/// What the shared parts of a run's storage did.
struct StorageUse {
  std::vector<SharedDeviceUse> devices{};
  std::vector<RemoteStoreUse> stores{};
};

class StorageNetwork {
 public:
  StorageNetwork() = default;
  StorageNetwork(const StorageNetwork&) = delete;
  StorageNetwork& operator=(const StorageNetwork&) = delete;

  /// One more instance with these tiers; returns its number. REQUIRES at least one tier; whoever
  /// names the same store or device means the same figures.
  std::int32_t join(const OffloadConfig& config);

  /// As the station's. `job.tier` is the index among the instance's own tiers, `job.owner` is set
  /// here. A write to a remote store says what it brings.
  void submit(std::int32_t instance, TransferJob job, Micros now,
              const request::BlockKey* written = nullptr);
  /// Replaces `completed` by the instance's transfers that are done, in the station's order, those
  /// included that were done while others asked.
  void poll(std::int32_t instance, Micros now, std::vector<CompletedTransfer>& completed);
  /// The store of a remote tier; nullptr for other tiers. Lives as long as the network.
  RemoteStore* store(std::int32_t instance, std::int32_t tier);

  std::int64_t in_flight() const { return station_.in_flight(); }
  StorageUse use() const;

 private:
  struct Member {
    std::int32_t first_tier = 0;                 ///< among those of the station
    std::vector<RemoteStore*> stores{};          ///< by tier
    std::vector<CompletedTransfer> completed{};  ///< not yet asked for
  };
  struct RemoteWrite {
    RemoteStore* store = nullptr;
    request::BlockKey key{};
  };

  TransferStation station_;
  std::deque<Member> members_;
  std::map<std::string, RemoteStore> stores_;
  absl::flat_hash_map<TransferId, RemoteWrite> remote_writes_;
};

}  // namespace blis::kv
