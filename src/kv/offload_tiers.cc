#include "kv/offload_tiers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::kv {
namespace {

constexpr double kLeastJitterFactor = 0.05;

}  // namespace

OffloadTiers::OffloadTiers(const OffloadConfig& config, std::int64_t run_seed)
    : per_block_bytes_(config.per_block_bytes), cpu_(config.cpu_blocks()) {
  BLIS_CHECK(config.cpu_blocks() >= 1, "a CPU tier of {} blocks", config.cpu_blocks());
  bool has_jitter = false;
  for (const SecondaryTierConfig& tier : config.secondary_tiers) {
    storage_.push_back({.jitter_stddev = tier.device.latency_jitter_stddev, .keys = {}});
    has_jitter = has_jitter || tier.device.latency_jitter_stddev > 0;
  }
  if (!storage_.empty()) station_.emplace(config.secondary_tiers);
  if (has_jitter) jitter_.emplace(random::stream_seed(run_seed, "kv-offload"));
}

void OffloadTiers::set_clock(Micros now) {
  clock_ = now;
  if (!station_) return;
  completed_.clear();
  station_->poll(now, completed_);
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
      storage_[static_cast<std::size_t>(transfer.run.tier)].keys.insert(key);
      cpu_.unpin(key);
    }
  }
}

bool OffloadTiers::store(const request::BlockKey& key) {
  if (!cpu_.store(key)) return false;
  for (std::int32_t tier = 0; tier < std::ssize(storage_); ++tier) {
    cpu_.pin(key);
    submit(TransferDirection::kWrite, {.tier = tier, .keys = {key}}, 1);
  }
  return true;
}

std::optional<std::int32_t> OffloadTiers::storage_tier_of(const request::BlockKey& key) const {
  for (std::int32_t tier = 0; tier < std::ssize(storage_); ++tier) {
    if (storage_[static_cast<std::size_t>(tier)].keys.contains(key)) return tier;
  }
  return std::nullopt;
}

bool OffloadTiers::promote(const StorageRun& run) {
  // Some of the run may have arrived meanwhile; only what is absent is read.
  const std::int64_t absent = cpu_.prepare(run.keys);
  if (absent == 0) {
    ++promotions_failed_;
    return false;
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
  const TransferId id = station_->submit(job, clock_);
  transfers_.emplace(id, Transfer{direction, std::move(run)});
}

double OffloadTiers::draw_jitter(std::int32_t tier) {
  const double stddev = storage_[static_cast<std::size_t>(tier)].jitter_stddev;
  if (stddev <= 0) return 0;
  return std::max(1 + jitter_->normal() * stddev, kLeastJitterFactor);
}

}  // namespace blis::kv
