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
  network_->poll(member_, now, completed_);
  for (const CompletedTransfer& done : completed_) {
    apply(transfers_[done.tag]);
    unused_tags_.push_back(done.tag);
  }
}

void OffloadTiers::apply(const Transfer& transfer) {
  if (transfer.direction == TransferDirection::kRead) {
    for (const request::BlockKey& key : transfer.read) cpu_.complete(key);
    return;
  }
  StorageTier& tier = storage_[static_cast<std::size_t>(transfer.tier)];
  if (tier.remote == nullptr) tier.keys.insert(cpu_.key_at(transfer.written));
  cpu_.unpin(transfer.written);
}

CpuTier::Slot OffloadTiers::store(const request::BlockKey& key) {
  const CpuTier::Slot slot = cpu_.store(key);
  if (slot == CpuTier::kNone) return slot;
  ++stored_;
  for (std::int32_t tier = 0; tier < std::ssize(storage_); ++tier) write_through(key, slot, tier);
  return slot;
}

void OffloadTiers::write_through(const request::BlockKey& key, CpuTier::Slot slot,
                                 std::int32_t tier) {
  RemoteStore* remote = storage_[static_cast<std::size_t>(tier)].remote;
  if (remote != nullptr && !remote->start_write(key, member_)) return;
  cpu_.pin(slot);
  submit(TransferDirection::kWrite, tier, 1, remote != nullptr ? &key : nullptr).written = slot;
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
  submit(TransferDirection::kRead, run.tier, absent, nullptr).read = run.keys;
  ++promotions_fired_;
  return true;
}

OffloadTiers::Transfer& OffloadTiers::submit(TransferDirection direction, std::int32_t tier,
                                             std::int64_t blocks,
                                             const request::BlockKey* brought_to_store) {
  const std::uint32_t tag = unused_tag();
  const TransferJob job{.tier = tier,
                        .direction = direction,
                        .bytes = blocks * per_block_bytes_,
                        .jitter_factor = draw_jitter(tier),
                        .tag = tag};
  network_->submit(member_, job, clock_, brought_to_store);
  transfers_[tag].direction = direction;
  transfers_[tag].tier = tier;
  return transfers_[tag];
}

std::uint32_t OffloadTiers::unused_tag() {
  if (unused_tags_.empty()) {
    transfers_.emplace_back();
    return static_cast<std::uint32_t>(transfers_.size() - 1);
  }
  const std::uint32_t tag = unused_tags_.back();
  unused_tags_.pop_back();
  return tag;
}

double OffloadTiers::draw_jitter(std::int32_t tier) {
  const double stddev = storage_[static_cast<std::size_t>(tier)].jitter_stddev;
  if (stddev <= 0) return 0;
  return std::max(1 + jitter_->normal() * stddev, kLeastJitterFactor);
}

}  // namespace blis::kv
