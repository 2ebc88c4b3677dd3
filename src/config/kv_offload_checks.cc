#include "config/kv_offload_checks.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>

namespace blis::config {
namespace {

using Mistake = std::optional<OffloadMistake>;

Mistake not_positive(const std::string& key, std::int64_t value) {
  if (value > 0) return std::nullopt;
  return OffloadMistake{key, fmt::format("{} is not > 0", value)};
}

/// low < value or, unless `open`, low <= value; finite.
Mistake outside(const std::string& key, double value, double low, double high, bool open,
                std::string_view allowed) {
  if (std::isfinite(value) && (open ? value > low : value >= low) && value <= high)
    return std::nullopt;
  return OffloadMistake{key, fmt::format("{} is not {}", value, allowed)};
}

constexpr double kMax = std::numeric_limits<double>::max();

Mistake find_in_sharing(const std::string& key, const kv::SecondaryTierConfig& tier) {
  const kv::SharedDeviceConfig& device = tier.shared_device;
  if (device.name.empty()) {
    if (device.read_bandwidth != 0 || device.write_bandwidth != 0) {
      return OffloadMistake{key + ".shared_device",
                            "shared bandwidths need the name of the device that has them"};
    }
  } else {
    if (auto m = outside(key + ".shared_read_bandwidth", device.read_bandwidth, 0, kMax, true,
                         "finite and > 0, as a shared device needs"))
      return m;
    if (auto m = outside(key + ".shared_write_bandwidth", device.write_bandwidth, 0, kMax, true,
                         "finite and > 0, as a shared device needs"))
      return m;
  }
  if (tier.capacity_bytes < 0) {
    return OffloadMistake{key + ".capacity_bytes",
                          fmt::format("{} is negative", tier.capacity_bytes)};
  }
  if (tier.capacity_bytes > 0 && !tier.is_remote()) {
    return OffloadMistake{key + ".capacity_bytes",
                          fmt::format("only tiers of type remote have one, not {}", tier.type)};
  }
  return std::nullopt;
}

Mistake find_in_tier(const std::string& key, const kv::SecondaryTierConfig& tier) {
  const kv::DeviceConfig& device = tier.device;
  if (tier.type != "fs" && !tier.is_remote())
    return OffloadMistake{key + ".type",
                          fmt::format("\"{}\" is not supported (valid: fs, remote)", tier.type)};
  if (tier.root_dir.empty()) return OffloadMistake{key + ".root_dir", "root_dir is required"};
  if (!tier.locality.empty() && tier.locality != "LOCAL" && tier.locality != "REMOTE") {
    return OffloadMistake{key + ".locality",
                          fmt::format("\"{}\" is neither LOCAL nor REMOTE", tier.locality)};
  }
  if (auto m = not_positive(key + ".n_read_threads", tier.n_read_threads)) return m;
  if (auto m = not_positive(key + ".n_write_threads", tier.n_write_threads)) return m;
  if (auto m =
          outside(key + ".read_bandwidth", device.read_bandwidth, 0, kMax, true, "finite and > 0"))
    return m;
  if (auto m = outside(key + ".write_bandwidth", device.write_bandwidth, 0, kMax, true,
                       "finite and > 0"))
    return m;
  if (auto m =
          outside(key + ".base_latency", device.base_latency, 0, kMax, false, "finite and >= 0"))
    return m;
  if (device.saturation_queue_depth < 0) {
    return OffloadMistake{key + ".saturation_queue_depth",
                          fmt::format("{} is negative", device.saturation_queue_depth)};
  }
  // Without a ramp the fraction is not used, but it still has to be a number.
  const double fraction = device.single_transfer_fraction;
  if (!std::isfinite(fraction) ||
      (device.saturation_queue_depth >= 2 && !(fraction > 0 && fraction <= 1))) {
    return OffloadMistake{key + ".single_transfer_fraction",
                          fmt::format("{} is not in (0, 1]", fraction)};
  }
  if (auto m = outside(key + ".latency_jitter_stddev", device.latency_jitter_stddev, 0, kMax, false,
                       "finite and >= 0"))
    return m;
  return find_in_sharing(key, tier);
}

/// What goes beyond one tier: its store is named once, and a device has the same figures wherever
/// it is named.
Mistake find_between(const std::string& key, const kv::SecondaryTierConfig& tier,
                     std::span<const kv::SecondaryTierConfig> before) {
  for (const kv::SecondaryTierConfig& other : before) {
    if (tier.is_remote() && other.is_remote() && tier.root_dir == other.root_dir) {
      return OffloadMistake{key + ".root_dir",
                            fmt::format("the store \"{}\" is in the chain twice", tier.root_dir)};
    }
    const kv::SharedDeviceConfig& device = tier.shared_device;
    if (!device.name.empty() && device.name == other.shared_device.name &&
        device != other.shared_device) {
      return OffloadMistake{
          key + ".shared_device",
          fmt::format("\"{}\" has other bandwidths in another tier", device.name)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<OffloadMistake> find_offload_mistake(const kv::OffloadConfig& c) {
  if (auto m = not_positive("cpu_bytes_to_use", c.cpu_bytes_to_use)) return m;
  if (auto m = not_positive("block_size", c.block_size)) return m;
  if (auto m = not_positive("blocks_per_chunk", c.blocks_per_chunk)) return m;
  if (auto m = not_positive("tokens_per_hash", c.tokens_per_hash)) return m;
  if (c.eviction_policy != "lru" && c.eviction_policy != "arc") {
    return OffloadMistake{"eviction_policy",
                          fmt::format("\"{}\" is neither lru nor arc", c.eviction_policy)};
  }
  for (std::size_t i = 0; i < c.secondary_tiers.size(); ++i) {
    const std::string key = fmt::format("secondary_tiers[{}]", i);
    if (auto m = find_in_tier(key, c.secondary_tiers[i])) return m;
    if (auto m = find_between(key, c.secondary_tiers[i], std::span(c.secondary_tiers).first(i)))
      return m;
  }
  return std::nullopt;
}

}  // namespace blis::config
