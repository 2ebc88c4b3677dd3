#include "config/kv_offload_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/yaml_reader.h"
#include "config/kv_offload_checks.h"

namespace blis::config {
namespace {

/// Overwrites in `device` the figures that are given.
void apply(const OffloadDeviceClass::Figures& given, kv::DeviceConfig& device) {
  device.read_bandwidth = given.read_bandwidth.value_or(device.read_bandwidth);
  device.write_bandwidth = given.write_bandwidth.value_or(device.write_bandwidth);
  device.base_latency = given.base_latency.value_or(device.base_latency);
  device.saturation_queue_depth =
      given.saturation_queue_depth.value_or(device.saturation_queue_depth);
  device.single_transfer_fraction =
      given.single_transfer_fraction.value_or(device.single_transfer_fraction);
  device.latency_jitter_stddev = given.latency_jitter_stddev.value_or(device.latency_jitter_stddev);
}

/// A tier as written: everything may be missing.
struct TierText {
  int line = 0;
  std::string key;  ///< `kv_offload.secondary_tiers[0]`
  std::optional<std::string> type;
  std::string root_dir;
  std::int64_t n_read_threads = 16;
  std::int64_t n_write_threads = 16;
  std::string locality;
  bool enable_kv_events = false;
  std::optional<bool> direct_io;
  std::optional<std::string> device_class;
  OffloadDeviceClass::Figures explicit_figures;
  kv::SharedDeviceConfig shared_device;
  std::int64_t capacity_bytes = 0;
};

struct OffloadText {
  int line = 0;
  std::optional<std::int64_t> cpu_bytes_to_use;
  std::optional<std::int64_t> block_size;
  std::optional<std::int64_t> blocks_per_chunk;
  std::optional<std::int64_t> tokens_per_hash;
  std::string eviction_policy = "lru";
  bool offload_prompt_only = true;
  bool self_describing_kv_events = false;
  std::optional<std::int64_t> store_threshold;
  std::vector<TierText> tiers;
};

TierText read_tier(const YamlNode& node, YamlErrors& errors) {
  TierText tier;
  tier.line = node.line();
  tier.key = node.path();
  YamlFields fields(node, errors);
  fields.read("type", tier.type);
  fields.read("root_dir", tier.root_dir);
  fields.read("n_read_threads", tier.n_read_threads);
  fields.read("n_write_threads", tier.n_write_threads);
  fields.read("locality", tier.locality);
  fields.read("enable_kv_events", tier.enable_kv_events);
  fields.read("direct_io", tier.direct_io);
  fields.read("device_class", tier.device_class);
  fields.read("read_bandwidth", tier.explicit_figures.read_bandwidth);
  fields.read("write_bandwidth", tier.explicit_figures.write_bandwidth);
  fields.read("base_latency", tier.explicit_figures.base_latency);
  fields.read("shared_device", tier.shared_device.name);
  fields.read("shared_read_bandwidth", tier.shared_device.read_bandwidth);
  fields.read("shared_write_bandwidth", tier.shared_device.write_bandwidth);
  fields.read("capacity_bytes", tier.capacity_bytes);
  return tier;
}

OffloadText read_block(const YamlNode& node, YamlErrors& errors) {
  OffloadText text;
  text.line = node.line();
  YamlFields fields(node, errors);
  fields.read("cpu_bytes_to_use", text.cpu_bytes_to_use);
  fields.read("block_size", text.block_size);
  fields.read("blocks_per_chunk", text.blocks_per_chunk);
  fields.read("tokens_per_hash", text.tokens_per_hash);
  fields.read("eviction_policy", text.eviction_policy);
  fields.read("offload_prompt_only", text.offload_prompt_only);
  fields.read("self_describing_kv_events", text.self_describing_kv_events);
  fields.read("store_threshold", text.store_threshold);
  if (const auto tiers = fields.list("secondary_tiers")) {
    for (const YamlNode& item : *tiers) text.tiers.push_back(read_tier(item, errors));
  }
  return text;
}

/// Resolution and checks; messages name the key below kv_offload.
class Resolver {
 public:
  Resolver(const std::string& file, std::int64_t gpu_block_size, const DeviceClasses& classes)
      : file_(file), gpu_block_size_(gpu_block_size), classes_(classes) {}

  kv::OffloadConfig resolve(const OffloadText& text) const;

 private:
  [[noreturn]] void fail(int line, const std::string& key, std::string_view message) const {
    throw ConfigError({file_, line, key}, message);
  }
  void require(bool good, int line, const std::string& key, std::string_view message) const {
    if (!good) fail(line, key, message);
  }
  void resolve_sizes(const OffloadText& text, kv::OffloadConfig& config) const;
  kv::SecondaryTierConfig resolve_tier(const TierText& text) const;
  void check(const OffloadText& text, const kv::OffloadConfig& config) const;

  const std::string& file_;
  std::int64_t gpu_block_size_;
  const DeviceClasses& classes_;
};

void Resolver::resolve_sizes(const OffloadText& text, kv::OffloadConfig& config) const {
  config.block_size = gpu_block_size_;
  if (text.block_size) {
    require(*text.block_size > 0, text.line, "kv_offload.block_size", "must be > 0");
    require(*text.block_size % gpu_block_size_ == 0, text.line, "kv_offload.block_size",
            fmt::format("{} is not a multiple of the GPU block size {}", *text.block_size,
                        gpu_block_size_));
    config.block_size = *text.block_size;
    config.blocks_per_chunk = *text.block_size / gpu_block_size_;
  } else if (text.blocks_per_chunk) {
    require(*text.blocks_per_chunk > 0, text.line, "kv_offload.blocks_per_chunk", "must be > 0");
    require(*text.blocks_per_chunk <= std::numeric_limits<std::int64_t>::max() / gpu_block_size_,
            text.line, "kv_offload.blocks_per_chunk", "is too large");
    config.blocks_per_chunk = *text.blocks_per_chunk;
    config.block_size = *text.blocks_per_chunk * gpu_block_size_;
  }
}

kv::SecondaryTierConfig Resolver::resolve_tier(const TierText& text) const {
  require(text.type.has_value() && !text.type->empty(), text.line, text.key + ".type",
          "type is required");
  const bool is_remote = *text.type == "remote";
  require(*text.type == "fs" || is_remote, text.line, text.key + ".type",
          fmt::format("\"{}\" is not supported (valid: fs, remote)", *text.type));
  require(!text.root_dir.empty(), text.line, text.key + ".root_dir", "root_dir is required");
  require(text.direct_io.has_value() || is_remote, text.line, text.key + ".direct_io",
          "direct_io must be set");

  kv::SecondaryTierConfig tier{.type = *text.type,
                               .root_dir = text.root_dir,
                               .n_read_threads = text.n_read_threads,
                               .n_write_threads = text.n_write_threads,
                               .locality = text.locality,
                               .enable_kv_events = text.enable_kv_events,
                               .direct_io = text.direct_io.value_or(false),
                               .device_class = text.device_class.value_or(""),
                               .device = {},
                               .shared_device = text.shared_device,
                               .capacity_bytes = text.capacity_bytes};
  if (!tier.device_class.empty()) {
    const auto found = classes_.find(tier.device_class);
    if (found == classes_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [name, unused] : classes_) names.push_back(name);
      fail(text.line, text.key + ".device_class",
           names.empty() ? fmt::format("\"{}\" is not defined in defaults.yaml (<none configured>)",
                                       tier.device_class)
                         : unknown_name("device class", tier.device_class, names) +
                               ", as kv_offload_devices of the defaults file has them");
    }
    apply(found->second.direct, tier.device);
    if (!tier.direct_io) apply(found->second.buffered, tier.device);
  } else {
    const OffloadDeviceClass::Figures& given = text.explicit_figures;
    require(given.read_bandwidth && given.write_bandwidth && given.base_latency, text.line,
            text.key,
            "needs a device_class OR an explicit read_bandwidth, write_bandwidth and base_latency");
  }
  apply(text.explicit_figures, tier.device);
  return tier;
}

void Resolver::check(const OffloadText& text, const kv::OffloadConfig& config) const {
  const auto mistake = find_offload_mistake(config);
  if (!mistake) return;
  const std::string key = "kv_offload." + mistake->key;
  int line = text.line;
  for (const TierText& tier : text.tiers) {
    if (key.starts_with(tier.key + ".")) line = tier.line;
  }
  fail(line, key, mistake->message);
}

kv::OffloadConfig Resolver::resolve(const OffloadText& text) const {
  require(gpu_block_size_ > 0, 0, "--block-size-in-tokens", "must be > 0");
  require(text.cpu_bytes_to_use.has_value(), text.line, "kv_offload.cpu_bytes_to_use",
          "is required");
  if (text.store_threshold) {
    require(*text.store_threshold >= 0, text.line, "kv_offload.store_threshold",
            "store_threshold must be >= 0");
    require(*text.store_threshold < 2, text.line, "kv_offload.store_threshold",
            fmt::format("{} is not 0 or 1, all that TieringOffloadingSpec takes",
                        *text.store_threshold));
  }
  require(!text.block_size || !text.blocks_per_chunk, text.line, "kv_offload.block_size",
          "block_size and blocks_per_chunk are mutually exclusive");

  kv::OffloadConfig config;
  config.cpu_bytes_to_use = *text.cpu_bytes_to_use;
  resolve_sizes(text, config);
  config.tokens_per_hash = text.tokens_per_hash.value_or(gpu_block_size_);
  config.eviction_policy = text.eviction_policy;
  config.offload_prompt_only = text.offload_prompt_only;
  config.self_describing_kv_events = text.self_describing_kv_events;
  for (const TierText& tier : text.tiers) config.secondary_tiers.push_back(resolve_tier(tier));
  check(text, config);
  return config;
}

}  // namespace

kv::OffloadConfig parse_kv_offload(std::string_view text, const std::string& file,
                                   std::int64_t gpu_block_size, const DeviceClasses& classes) {
  const auto root = parse_yaml(text, file);
  if (!root) throw ConfigError({file, 0, ""}, "the KV offload file is empty");
  YamlErrors errors(file);
  std::optional<OffloadText> block;
  {
    YamlFields fields(*root, errors);
    if (const auto node = fields.node("kv_offload")) block = read_block(*node, errors);
  }
  errors.throw_if_any();
  if (!block)
    throw ConfigError({file, root->line(), "kv_offload"}, "the kv_offload block is missing");
  return Resolver(file, gpu_block_size, classes).resolve(*block);
}

}  // namespace blis::config
