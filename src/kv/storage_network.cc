#include "kv/storage_network.h"

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

TransferId StorageNetwork::submit(std::int32_t instance, TransferJob job, Micros now,
                                  const request::BlockKey* written) {
  Transfer transfer{.instance = instance};
  if (written != nullptr) {
    transfer.store = store(instance, job.tier);
    transfer.written = *written;
  }
  job.tier += members_[static_cast<std::size_t>(instance)].first_tier;
  const TransferId id = station_.submit(job, now);
  transfers_.emplace(id, transfer);
  return id;
}

void StorageNetwork::poll(std::int32_t instance, Micros now, std::vector<TransferId>& completed) {
  done_.clear();
  station_.poll(now, done_);
  for (const TransferId id : done_) {
    const auto found = transfers_.find(id);
    const Transfer& transfer = found->second;
    if (transfer.store != nullptr) transfer.store->finish_write(transfer.written);
    members_[static_cast<std::size_t>(transfer.instance)].completed.push_back(id);
    transfers_.erase(found);
  }
  std::vector<TransferId>& mine = members_[static_cast<std::size_t>(instance)].completed;
  completed.insert(completed.end(), mine.begin(), mine.end());
  mine.clear();
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
