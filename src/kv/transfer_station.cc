#include "kv/transfer_station.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"

namespace blis::kv {
namespace {

constexpr std::int64_t kLongestTicks = std::int64_t{1} << 60;  // a bound that sums do not overflow
constexpr std::int64_t kNanosPerTick = 1000;

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

std::int32_t TransferStation::add_tiers(std::span<const SecondaryTierConfig> tiers) {
  const auto first = static_cast<std::int32_t>(tiers_.size());
  BLIS_CHECK(!tiers.empty(), "a transfer station without tiers");
  for (const SecondaryTierConfig& config : tiers) {
    BLIS_CHECK(config.n_read_threads >= 0 && config.n_write_threads >= 0 &&
                   config.n_read_threads + config.n_write_threads >= 1,
               "a storage tier with {} read and {} write threads", config.n_read_threads,
               config.n_write_threads);
    Tier& tier = tiers_.emplace_back();
    tier.device = config.device;
    if (!config.shared_device.name.empty()) tier.shared_device = find_or_add(config.shared_device);
    tier.idle_read_threads = config.n_read_threads;
    tier.idle_write_threads = config.n_write_threads;
  }
  return first;
}

std::size_t TransferStation::find_or_add(const SharedDeviceConfig& config) {
  for (std::size_t i = 0; i < shared_devices_.size(); ++i) {
    if (shared_devices_[i].config.name == config.name) return i;
  }
  shared_devices_.push_back({.config = config, .free_at_ns = 0, .use = {.name = config.name}});
  return shared_devices_.size() - 1;
}

std::vector<SharedDeviceUse> TransferStation::shared_devices() const {
  std::vector<SharedDeviceUse> uses;
  for (const SharedDevice& device : shared_devices_) uses.push_back(device.use);
  return uses;
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

void TransferStation::poll(Micros now, std::vector<CompletedTransfer>& completed) {
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
    completed_.push_back({done.id, done.owner, done.tag});
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
  Micros completes = now + transfer_time(tier.device, next.job, in_service);
  if (tier.shared_device) {
    completes = std::max(completes, pass(shared_devices_[*tier.shared_device], next.job, now));
  }
  in_service_.push_back({.completes = completes,
                         .submitted = next.submitted,
                         .tier = tier_index,
                         .direction = next.job.direction,
                         .id = next.id,
                         .by_read_thread = by_read_thread,
                         .owner = next.job.owner,
                         .tag = next.job.tag});
  std::ranges::push_heap(in_service_, std::greater<>());
}

/// Sends the bytes of a transfer that starts `now` through the device, behind those that started
/// before. Returns when the last one is through.
Micros TransferStation::pass(SharedDevice& device, const TransferJob& job, Micros now) {
  const bool is_read = job.direction == TransferDirection::kRead;
  const double bandwidth = is_read ? device.config.read_bandwidth : device.config.write_bandwidth;
  const std::int64_t takes_ns = bounded(
      std::round(static_cast<double>(job.bytes) * static_cast<double>(kNanosPerTick) / bandwidth));
  device.free_at_ns = std::max(device.free_at_ns, now.count() * kNanosPerTick) + takes_ns;
  (is_read ? device.use.read_bytes : device.use.written_bytes) += job.bytes;
  device.use.busy_ns += takes_ns;
  return Micros((device.free_at_ns + kNanosPerTick - 1) / kNanosPerTick);
}

}  // namespace blis::kv
