#include "kv/storage_network.h"

#include <utility>

namespace blis::kv {

std::int32_t StorageNetwork::join(const OffloadConfig& config) {
  Member& member = members_.emplace_back();
  member.first_tier = station_.add_tiers(config.secondary_tiers);
  for (const SecondaryTierConfig& tier : config.secondary_tiers) {
    RemoteStore* store = nullptr;
    if (tier.is_remote()) {
      const std::int64_t capacity = tier.capacity_bytes / config.per_block_bytes;
      store = &stores_.try_emplace(tier.root_dir, tier.root_dir, capacity).first->second;
    }
    member.stores.push_back(store);
  }
  return static_cast<std::int32_t>(members_.size() - 1);
}

void StorageNetwork::submit(std::int32_t instance, TransferJob job, Micros now,
                            const request::BlockKey* written) {
  RemoteStore* const target = written != nullptr ? store(instance, job.tier) : nullptr;
  job.owner = instance;
  job.tier += members_[static_cast<std::size_t>(instance)].first_tier;
  const TransferId id = station_.submit(job, now);
  if (target != nullptr) remote_writes_.emplace(id, RemoteWrite{target, *written});
}

void StorageNetwork::poll(std::int32_t instance, Micros now,
                          std::vector<CompletedTransfer>& completed) {
  completed.clear();
  station_.poll(now, completed);
  if (members_.size() == 1 && remote_writes_.empty()) return;
  for (const CompletedTransfer& done : completed) {
    if (const auto write = remote_writes_.find(done.id); write != remote_writes_.end()) {
      write->second.store->finish_write(write->second.key);
      remote_writes_.erase(write);
    }
    members_[static_cast<std::size_t>(done.owner)].completed.push_back(done);
  }
  completed.clear();
  std::swap(completed, members_[static_cast<std::size_t>(instance)].completed);
}

RemoteStore* StorageNetwork::store(std::int32_t instance, std::int32_t tier) {
  return members_[static_cast<std::size_t>(instance)].stores[static_cast<std::size_t>(tier)];
}

StorageUse StorageNetwork::use() const {
  StorageUse use{.devices = station_.shared_devices()};
  for (const auto& [name, store] : stores_) use.stores.push_back(store.use());
  return use;
}

}  // namespace blis::kv
