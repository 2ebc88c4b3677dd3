#include <algorithm>

#include "base/yaml_writer.h"
#include "trace/trace_header.h"

namespace blis::trace {
namespace {

void write_unless_zero(YamlWriter& yaml, std::string_view key, std::int64_t value) {
  if (value != 0) yaml.member(key, value);
}
void write_unless_zero(YamlWriter& yaml, std::string_view key, double value) {
  if (value != 0) yaml.member(key, value);
}
void write_unless_empty(YamlWriter& yaml, std::string_view key, const std::string& value) {
  if (!value.empty()) yaml.member(key, value);
}

void write_server(YamlWriter& yaml, const ServerInfo& server) {
  yaml.key("server");
  yaml.begin_map();
  write_unless_empty(yaml, "type", server.type);
  write_unless_empty(yaml, "model", server.model);
  write_unless_zero(yaml, "tensor_parallel", server.tensor_parallel);
  write_unless_zero(yaml, "max_num_seqs", server.max_num_seqs);
  write_unless_zero(yaml, "block_size", server.block_size);
  write_unless_zero(yaml, "gpu_memory_utilization", server.gpu_memory_utilization);
  write_unless_zero(yaml, "max_model_len", server.max_model_len);
  yaml.end_map();
}

void write_goodput_targets(YamlWriter& yaml, const GoodputTargets& targets) {
  std::vector<const GoodputTargets::value_type*> ordered;
  for (const auto& entry : targets) ordered.push_back(&entry);
  std::ranges::sort(ordered, yaml_key_less, [](const auto* entry) { return entry->first; });
  yaml.key("goodput_slo_targets");
  yaml.begin_map();
  for (const auto* entry : ordered) {
    yaml.key(entry->first);
    yaml.begin_map();
    write_unless_zero(yaml, "ttft_ms", entry->second.ttft_ms);
    write_unless_zero(yaml, "itl_ms", entry->second.itl_ms);
    write_unless_zero(yaml, "e2e_ms", entry->second.e2e_ms);
    yaml.end_map();
  }
  yaml.end_map();
}

void write_tier(YamlWriter& yaml, const OffloadTierHeader& tier) {
  yaml.begin_map();
  yaml.member("type", tier.type);
  yaml.member("root_dir", tier.root_dir);
  yaml.member("n_read_threads", tier.n_read_threads);
  yaml.member("n_write_threads", tier.n_write_threads);
  write_unless_empty(yaml, "locality", tier.locality);
  yaml.member("enable_kv_events", tier.enable_kv_events);
  yaml.member("direct_io", tier.direct_io);
  write_unless_empty(yaml, "device_class", tier.device_class);
  yaml.member("read_bandwidth", tier.read_bandwidth);
  yaml.member("write_bandwidth", tier.write_bandwidth);
  yaml.member("base_latency", tier.base_latency);
  yaml.member("saturation_queue_depth", tier.saturation_queue_depth);
  yaml.member("single_transfer_fraction", tier.single_transfer_fraction);
  yaml.member("latency_jitter_stddev", tier.latency_jitter_stddev);
  write_unless_empty(yaml, "shared_device", tier.shared_device);
  write_unless_zero(yaml, "shared_read_bandwidth", tier.shared_read_bandwidth);
  write_unless_zero(yaml, "shared_write_bandwidth", tier.shared_write_bandwidth);
  write_unless_zero(yaml, "capacity_bytes", tier.capacity_bytes);
  yaml.end_map();
}

void write_offload(YamlWriter& yaml, const OffloadHeader& offload) {
  yaml.key("kv_offload");
  yaml.begin_map();
  yaml.member("cpu_bytes_to_use", offload.cpu_bytes_to_use);
  yaml.member("per_block_bytes", offload.per_block_bytes);
  yaml.member("block_size", offload.block_size);
  yaml.member("blocks_per_chunk", offload.blocks_per_chunk);
  yaml.member("tokens_per_hash", offload.tokens_per_hash);
  yaml.member("eviction_policy", offload.eviction_policy);
  yaml.member("offload_prompt_only", offload.offload_prompt_only);
  yaml.member("self_describing_kv_events", offload.self_describing_kv_events);
  if (!offload.secondary_tiers.empty()) {
    yaml.key("secondary_tiers");
    yaml.begin_list();
    for (const OffloadTierHeader& tier : offload.secondary_tiers) write_tier(yaml, tier);
    yaml.end_list();
  }
  yaml.end_map();
}

void write_observed(YamlWriter& yaml, const ObservedKvMetrics& observed) {
  yaml.key("observed_kv_metrics");
  yaml.begin_map();
  yaml.member("source", observed.source);
  yaml.member("hit_rate", observed.hit_rate);
  yaml.member("block_hits", observed.block_hits);
  yaml.member("block_queries", observed.block_queries);
  write_unless_zero(yaml, "read_time_total", observed.read_time_total);
  write_unless_zero(yaml, "write_time_total", observed.write_time_total);
  write_unless_empty(yaml, "vllm_commit", observed.vllm_commit);
  yaml.end_map();
}

}  // namespace

std::string format_trace_header(const TraceHeader& header) {
  YamlWriter yaml;
  yaml.begin_map();
  yaml.member("trace_version", header.trace_version);
  yaml.member("time_unit", header.time_unit);
  write_unless_empty(yaml, "created_at", header.created_at);
  yaml.member("mode", header.mode);
  yaml.member("warm_up_requests", header.warm_up_requests);
  if (header.workload_seed) yaml.member("workload_seed", *header.workload_seed);
  write_unless_empty(yaml, "workload_spec", header.workload_spec);
  write_unless_empty(yaml, "session_context_growth", header.session_context_growth);
  if (header.server) write_server(yaml, *header.server);
  if (header.measured_rtt_ms) {
    yaml.key("network");
    yaml.begin_map();
    write_unless_zero(yaml, "measured_rtt_ms", *header.measured_rtt_ms);
    yaml.end_map();
  }
  if (!header.goodput_slo_targets.empty()) write_goodput_targets(yaml, header.goodput_slo_targets);
  if (header.kv_offload) write_offload(yaml, *header.kv_offload);
  if (header.observed_kv_metrics) write_observed(yaml, *header.observed_kv_metrics);
  yaml.end_map();
  return yaml.text();
}

}  // namespace blis::trace
