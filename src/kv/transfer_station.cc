#include "kv/transfer_station.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"

namespace blis::kv {
namespace {

constexpr std::int64_t kLongestTicks = std::int64_t{1} << 60;  // a bound that sums do not overflow

std::int64_t bounded(double ticks) {
  return ticks >= static_cast<double>(kLongestTicks) ? kLongestTicks
                                                     : static_cast<std::int64_t>(ticks);
}

double effective_bandwidth(const DeviceConfig& device, double bandwidth, std::int64_t position) {
  const std::int64_t depth = device.saturation_queue_depth;
  const double f1 = device.single_transfer_fraction;
  if (depth < 2 || f1 <= 0 || f1 >= 1 || position >= depth) return bandwidth;
  return bandwidth *
         (f1 + (1 - f1) * static_cast<double>(position - 1) / static_cast<double>(depth - 1));
}

}  // namespace

Micros transfer_time(const DeviceConfig& device, const TransferJob& job, std::int64_t position) {
  const double bandwidth =
      job.direction == TransferDirection::kRead ? device.read_bandwidth : device.write_bandwidth;
  const double variable =
      static_cast<double>(job.bytes) / effective_bandwidth(device, bandwidth, position);
  std::int64_t ticks = bounded(std::round(device.base_latency)) + bounded(variable);
  if (job.jitter_factor > 0) {
    ticks = bounded(std::round(static_cast<double>(ticks) * job.jitter_factor));
  }
  return Micros(ticks);
}

TransferStation::TransferStation(std::span<const SecondaryTierConfig> tiers) {
  BLIS_CHECK(!tiers.empty(), "a transfer station without tiers");
  for (const SecondaryTierConfig& config : tiers) {
    BLIS_CHECK(config.n_read_threads >= 0 && config.n_write_threads >= 0 &&
                   config.n_read_threads + config.n_write_threads >= 1,
               "a storage tier with {} read and {} write threads", config.n_read_threads,
               config.n_write_threads);
    Tier& tier = tiers_.emplace_back();
    tier.device = config.device;
    tier.idle_read_threads = config.n_read_threads;
    tier.idle_write_threads = config.n_write_threads;
  }
}

TransferId TransferStation::submit(const TransferJob& job, Micros now) {
  BLIS_CHECK(job.bytes >= 0, "a transfer of {} bytes", job.bytes);
  advance(now);
  Tier& tier = tiers_.at(static_cast<std::size_t>(job.tier));
  const TransferId id = next_id_++;
  (job.direction == TransferDirection::kRead ? tier.reads : tier.writes).push_back({id, job, now});
  assign(job.tier, std::max(now, last_));
  return id;
}

void TransferStation::poll(Micros now, std::vector<TransferId>& completed) {
  advance(now);
  completed.insert(completed.end(), completed_.begin(), completed_.end());
  completed_.clear();
}

std::int64_t TransferStation::in_flight() const {
  std::int64_t count = std::ssize(in_service_);
  for (const Tier& tier : tiers_) count += std::ssize(tier.reads) + std::ssize(tier.writes);
  return count;
}

void TransferStation::advance(Micros now) {
  if (now <= last_) return;
  while (!in_service_.empty() && in_service_.front().completes <= now) {
    std::ranges::pop_heap(in_service_, std::greater<>());
    const InService done = in_service_.back();
    in_service_.pop_back();
    Tier& tier = tiers_[static_cast<std::size_t>(done.tier)];
    ++(done.by_read_thread ? tier.idle_read_threads : tier.idle_write_threads);
    --(done.direction == TransferDirection::kRead ? tier.reads_in_service : tier.writes_in_service);
    completed_.push_back(done.id);
    assign(done.tier, done.completes);
  }
  last_ = now;
}

/// Gives waiting transfers to idle threads, read threads first.
void TransferStation::assign(std::int32_t tier_index, Micros now) {
  Tier& tier = tiers_[static_cast<std::size_t>(tier_index)];
  while (tier.idle_read_threads > 0 && !(tier.reads.empty() && tier.writes.empty())) {
    start(tier_index, true, now);
  }
  while (tier.idle_write_threads > 0 && !(tier.reads.empty() && tier.writes.empty())) {
    start(tier_index, false, now);
  }
}

void TransferStation::start(std::int32_t tier_index, bool by_read_thread, Micros now) {
  Tier& tier = tiers_[static_cast<std::size_t>(tier_index)];
  const bool takes_read = by_read_thread ? !tier.reads.empty() : tier.writes.empty();
  std::deque<Queued>& queue = takes_read ? tier.reads : tier.writes;
  const Queued next = queue.front();
  queue.pop_front();
  --(by_read_thread ? tier.idle_read_threads : tier.idle_write_threads);
  std::int64_t& in_service = takes_read ? tier.reads_in_service : tier.writes_in_service;
  ++in_service;
  in_service_.push_back({.completes = now + transfer_time(tier.device, next.job, in_service),
                         .submitted = next.submitted,
                         .tier = tier_index,
                         .direction = next.job.direction,
                         .id = next.id,
                         .by_read_thread = by_read_thread});
  std::ranges::push_heap(in_service_, std::greater<>());
}

}  // namespace blis::kv
