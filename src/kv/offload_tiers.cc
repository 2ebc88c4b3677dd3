#include "kv/offload_tiers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::kv {
namespace {

constexpr double kLeastJitterFactor = 0.05;

}  // namespace

OffloadTiers::OffloadTiers(const OffloadConfig& config, std::int64_t run_seed,
                           StorageNetwork* shared)
    : per_block_bytes_(config.per_block_bytes), cpu_(config.cpu_blocks()) {
  BLIS_CHECK(config.cpu_blocks() >= 1, "a CPU tier of {} blocks", config.cpu_blocks());
  bool has_jitter = false;
  for (const SecondaryTierConfig& tier : config.secondary_tiers) {
    storage_.push_back({.jitter_stddev = tier.device.latency_jitter_stddev, .keys = {}});
    has_jitter = has_jitter || tier.device.latency_jitter_stddev > 0;
  }
  if (!storage_.empty()) {
    if (shared == nullptr) own_network_ = std::make_unique<StorageNetwork>();
    network_ = shared != nullptr ? shared : own_network_.get();
    member_ = network_->join(config);
    for (std::size_t tier = 0; tier < storage_.size(); ++tier) {
      storage_[tier].remote = network_->store(member_, static_cast<std::int32_t>(tier));
    }
  }
  if (has_jitter) jitter_.emplace(random::stream_seed(run_seed, "kv-offload"));
}

void OffloadTiers::set_clock(Micros now) {
  clock_ = now;
  if (network_ == nullptr) return;
  completed_.clear();
  network_->poll(member_, now, completed_);
  for (const TransferId id : completed_) {
    const auto found = transfers_.find(id);
    apply(found->second);
    transfers_.erase(found);
  }
}

void OffloadTiers::apply(const Transfer& transfer) {
  for (const request::BlockKey& key : transfer.run.keys) {
    if (transfer.direction == TransferDirection::kRead) {
      cpu_.complete(key);
    } else {
      StorageTier& tier = storage_[static_cast<std::size_t>(transfer.run.tier)];
      if (tier.remote == nullptr) tier.keys.insert(key);
      cpu_.unpin(key);
    }
  }
}

bool OffloadTiers::store(const request::BlockKey& key) {
  if (!cpu_.store(key)) return false;
  ++stored_;
  for (std::int32_t tier = 0; tier < std::ssize(storage_); ++tier) {
    RemoteStore* remote = storage_[static_cast<std::size_t>(tier)].remote;
    if (remote != nullptr && !remote->start_write(key, member_)) continue;
    cpu_.pin(key);
    submit(TransferDirection::kWrite, {.tier = tier, .keys = {key}}, 1);
  }
  return true;
}

std::optional<std::int32_t> OffloadTiers::storage_tier_of(const request::BlockKey& key) const {
  for (std::int32_t tier = 0; tier < std::ssize(storage_); ++tier) {
    if (storage_[static_cast<std::size_t>(tier)].contains(key)) return tier;
  }
  return std::nullopt;
}

bool OffloadTiers::promote(const StorageRun& run) {
  RemoteStore* remote = storage_[static_cast<std::size_t>(run.tier)].remote;
  const bool is_lost = remote != nullptr && !std::ranges::all_of(run.keys, [&](const auto& key) {
                         return remote->contains(key);
                       });
  // Some of the run may have arrived meanwhile; only what is absent is read.
  const std::int64_t absent = is_lost ? 0 : cpu_.prepare(run.keys);
  if (absent == 0) {
    ++promotions_failed_;
    return false;
  }
  if (remote != nullptr) {
    for (const request::BlockKey& key : run.keys) remote->read(key, member_);
  }
  submit(TransferDirection::kRead, run, absent);
  ++promotions_fired_;
  return true;
}

void OffloadTiers::submit(TransferDirection direction, StorageRun run, std::int64_t blocks) {
  const TransferJob job{.tier = run.tier,
                        .direction = direction,
                        .bytes = blocks * per_block_bytes_,
                        .jitter_factor = draw_jitter(run.tier)};
  const bool brings_to_store = direction == TransferDirection::kWrite &&
                               storage_[static_cast<std::size_t>(run.tier)].remote != nullptr;
  const TransferId id =
      network_->submit(member_, job, clock_, brings_to_store ? &run.keys.front() : nullptr);
  transfers_.emplace(id, Transfer{direction, std::move(run)});
}

double OffloadTiers::draw_jitter(std::int32_t tier) {
  const double stddev = storage_[static_cast<std::size_t>(tier)].jitter_stddev;
  if (stddev <= 0) return 0;
  return std::max(1 + jitter_->normal() * stddev, kLeastJitterFactor);
}

}  // namespace blis::kv
