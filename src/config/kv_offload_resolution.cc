#include "config/kv_offload_resolution.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"
#include "base/number_text.h"
#include "base/output_file.h"
#include "config/kv_offload_checks.h"
#include "config/kv_offload_file.h"
#include "model/kv_capacity.h"

namespace blis::config {
namespace {

std::optional<kv::OffloadConfig> read_flag(const SimulationFlags& flags,
                                           const ResolvedModel& model) {
  const std::string& file = *flags.kv.kv_offload_config;
  if (file.empty()) return std::nullopt;
  return parse_kv_offload(read_file(file), file, model.block_size_tokens,
                          model.defaults.offload_devices);
}

/// Bytes of one offloaded block of `block_tokens` on one tensor-parallel rank. SOURCE spec
/// kv-cache 6.2.
std::int64_t block_bytes(const ResolvedModel& model, std::int64_t block_tokens) {
  const std::int64_t bytes = truncate_to_int64(
      model::kv_bytes_per_token(model.architecture, model.latency.tensor_parallel) *
      static_cast<double>(block_tokens));
  if (bytes <= 0)
    throw ConfigError({"", 0, "--kv-offload-config"}, "the model has no KV cache to offload");
  return bytes;
}

void refuse_two_cpu_tiers(const std::optional<kv::OffloadConfig>& offload,
                          const KvTierFlags& flags) {
  if (offload && *flags.kv_cpu_blocks > 0) {
    throw ConfigError({"", 0, "--kv-cpu-blocks"}, "excludes an offload configuration");
  }
}

std::optional<kv::OffloadConfig> choose(const trace::TraceHeader& header,
                                        const InputLocation& where, const SimulationFlags& flags,
                                        const ResolvedModel& model) {
  const Flag<std::string>& flag = flags.kv.kv_offload_config;
  std::optional<kv::OffloadConfig> given = read_flag(flags, model);
  if (header.kv_offload) {
    kv::OffloadConfig recorded = from_header(*header.kv_offload);
    if (const auto mistake = find_offload_mistake(recorded)) {
      throw ConfigError({where.file, 0, "kv_offload." + mistake->key},
                        mistake->message + "; replay cannot reproduce this chain");
    }
    if (flag.is_set) {
      // Given as "" it asks for no chain, which conflicts too.
      if (given) given->per_block_bytes = recorded.per_block_bytes;
      if (given != recorded) {
        throw ConfigError({"", 0, "--kv-offload-config"},
                          fmt::format("conflicts with kv_offload of {}", where.file));
      }
    }
    return recorded;
  }
  if (given && header.mode != trace::kModeReal) {
    throw ConfigError(
        {"", 0, "--kv-offload-config"},
        fmt::format("{} was made without an offload chain; replay cannot add one", where.file));
  }
  return given;
}

}  // namespace

std::optional<kv::OffloadConfig> resolve_offload(const SimulationFlags& flags,
                                                 const ResolvedModel& model) {
  std::optional<kv::OffloadConfig> offload = read_flag(flags, model);
  refuse_two_cpu_tiers(offload, flags.kv);
  if (offload) offload->per_block_bytes = block_bytes(model, model.block_size_tokens);
  return offload;
}

std::optional<kv::OffloadConfig> reconcile_offload(const trace::TraceHeader& header,
                                                   const std::string& header_file,
                                                   const SimulationFlags& flags,
                                                   const ResolvedModel& model) {
  const InputLocation where{header_file, 0, ""};
  std::optional<kv::OffloadConfig> offload = choose(header, where, flags, model);
  refuse_two_cpu_tiers(offload, flags.kv);
  if (!offload && header.observed_kv_metrics && header.observed_kv_metrics->source == "tiered") {
    throw ConfigError({header_file, 0, "observed_kv_metrics"},
                      "the server had an offload chain; describe it with --kv-offload-config");
  }
  // Only a header can know the bytes already. The offloaded block counts here, not the GPU's (spec
  // kv-cache 6.2).
  if (offload && offload->per_block_bytes == 0)
    offload->per_block_bytes = block_bytes(model, offload->block_size);
  return offload;
}

trace::OffloadHeader to_header(const kv::OffloadConfig& c) {
  trace::OffloadHeader header{.cpu_bytes_to_use = c.cpu_bytes_to_use,
                              .per_block_bytes = c.per_block_bytes,
                              .block_size = c.block_size,
                              .blocks_per_chunk = c.blocks_per_chunk,
                              .tokens_per_hash = c.tokens_per_hash,
                              .eviction_policy = c.eviction_policy,
                              .offload_prompt_only = c.offload_prompt_only,
                              .self_describing_kv_events = c.self_describing_kv_events};
  for (const kv::SecondaryTierConfig& tier : c.secondary_tiers) {
    header.secondary_tiers.push_back(
        {.type = tier.type,
         .root_dir = tier.root_dir,
         .n_read_threads = tier.n_read_threads,
         .n_write_threads = tier.n_write_threads,
         .locality = tier.locality,
         .enable_kv_events = tier.enable_kv_events,
         .direct_io = tier.direct_io,
         .device_class = tier.device_class,
         .read_bandwidth = tier.device.read_bandwidth,
         .write_bandwidth = tier.device.write_bandwidth,
         .base_latency = tier.device.base_latency,
         .saturation_queue_depth = tier.device.saturation_queue_depth,
         .single_transfer_fraction = tier.device.single_transfer_fraction,
         .latency_jitter_stddev = tier.device.latency_jitter_stddev,
         .shared_device = tier.shared_device.name,
         .shared_read_bandwidth = tier.shared_device.read_bandwidth,
         .shared_write_bandwidth = tier.shared_device.write_bandwidth,
         .capacity_bytes = tier.capacity_bytes});
  }
  return header;
}

kv::OffloadConfig from_header(const trace::OffloadHeader& h) {
  kv::OffloadConfig config;
  config.cpu_bytes_to_use = h.cpu_bytes_to_use;
  config.per_block_bytes = h.per_block_bytes;
  config.block_size = h.block_size;
  config.blocks_per_chunk = h.blocks_per_chunk;
  config.tokens_per_hash = h.tokens_per_hash;
  config.eviction_policy = h.eviction_policy;
  config.offload_prompt_only = h.offload_prompt_only;
  config.self_describing_kv_events = h.self_describing_kv_events;
  for (const trace::OffloadTierHeader& tier : h.secondary_tiers) {
    config.secondary_tiers.push_back(
        {.type = tier.type,
         .root_dir = tier.root_dir,
         .n_read_threads = tier.n_read_threads,
         .n_write_threads = tier.n_write_threads,
         .locality = tier.locality,
         .enable_kv_events = tier.enable_kv_events,
         .direct_io = tier.direct_io,
         .device_class = tier.device_class,
         .device = {.read_bandwidth = tier.read_bandwidth,
                    .write_bandwidth = tier.write_bandwidth,
                    .base_latency = tier.base_latency,
                    .saturation_queue_depth = tier.saturation_queue_depth,
                    .single_transfer_fraction = tier.single_transfer_fraction,
                    .latency_jitter_stddev = tier.latency_jitter_stddev},
         .shared_device = {.name = tier.shared_device,
                           .read_bandwidth = tier.shared_read_bandwidth,
                           .write_bandwidth = tier.shared_write_bandwidth},
         .capacity_bytes = tier.capacity_bytes});
  }
  return config;
}

}  // namespace blis::config
