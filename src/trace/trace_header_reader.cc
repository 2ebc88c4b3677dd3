#include "base/error.h"
#include "base/output_file.h"
#include "base/yaml_reader.h"
#include "trace/trace_header.h"

namespace blis::trace {
namespace {

ServerInfo read_server(const YamlNode& node, YamlErrors& errors) {
  ServerInfo server;
  YamlFields fields(node, errors);
  fields.read("type", server.type);
  fields.read("model", server.model);
  fields.read("tensor_parallel", server.tensor_parallel);
  fields.read("max_num_seqs", server.max_num_seqs);
  fields.read("block_size", server.block_size);
  fields.read("gpu_memory_utilization", server.gpu_memory_utilization);
  fields.read("max_model_len", server.max_model_len);
  return server;
}

double read_network(const YamlNode& node, YamlErrors& errors) {
  double measured_rtt_ms = 0;
  YamlFields fields(node, errors);
  fields.read("measured_rtt_ms", measured_rtt_ms);
  return measured_rtt_ms;
}

GoodputTarget read_goodput_target(const YamlNode& node, YamlErrors& errors) {
  GoodputTarget target;
  YamlFields fields(node, errors);
  fields.read("ttft_ms", target.ttft_ms);
  fields.read("itl_ms", target.itl_ms);
  fields.read("e2e_ms", target.e2e_ms);
  return target;
}

OffloadTierHeader read_tier(const YamlNode& node, YamlErrors& errors) {
  OffloadTierHeader tier;
  YamlFields fields(node, errors);
  fields.read("type", tier.type);
  fields.read("root_dir", tier.root_dir);
  fields.read("n_read_threads", tier.n_read_threads);
  fields.read("n_write_threads", tier.n_write_threads);
  fields.read("locality", tier.locality);
  fields.read("enable_kv_events", tier.enable_kv_events);
  fields.read("direct_io", tier.direct_io);
  fields.read("device_class", tier.device_class);
  fields.read("read_bandwidth", tier.read_bandwidth);
  fields.read("write_bandwidth", tier.write_bandwidth);
  fields.read("base_latency", tier.base_latency);
  fields.read("saturation_queue_depth", tier.saturation_queue_depth);
  fields.read("single_transfer_fraction", tier.single_transfer_fraction);
  fields.read("latency_jitter_stddev", tier.latency_jitter_stddev);
  fields.read("shared_device", tier.shared_device);
  fields.read("shared_read_bandwidth", tier.shared_read_bandwidth);
  fields.read("shared_write_bandwidth", tier.shared_write_bandwidth);
  fields.read("capacity_bytes", tier.capacity_bytes);
  return tier;
}

OffloadHeader read_offload(const YamlNode& node, YamlErrors& errors) {
  OffloadHeader offload;
  YamlFields fields(node, errors);
  fields.read("cpu_bytes_to_use", offload.cpu_bytes_to_use);
  fields.read("per_block_bytes", offload.per_block_bytes);
  fields.read("block_size", offload.block_size);
  fields.read("blocks_per_chunk", offload.blocks_per_chunk);
  fields.read("tokens_per_hash", offload.tokens_per_hash);
  fields.read("eviction_policy", offload.eviction_policy);
  fields.read("offload_prompt_only", offload.offload_prompt_only);
  fields.read("self_describing_kv_events", offload.self_describing_kv_events);
  if (const auto tiers = fields.list("secondary_tiers")) {
    for (const YamlNode& tier : *tiers) offload.secondary_tiers.push_back(read_tier(tier, errors));
  }
  return offload;
}

ObservedKvMetrics read_observed(const YamlNode& node, YamlErrors& errors) {
  ObservedKvMetrics observed;
  YamlFields fields(node, errors);
  fields.read("source", observed.source);
  fields.read("hit_rate", observed.hit_rate);
  fields.read("block_hits", observed.block_hits);
  fields.read("block_queries", observed.block_queries);
  fields.read("read_time_total", observed.read_time_total);
  fields.read("write_time_total", observed.write_time_total);
  fields.read("vllm_commit", observed.vllm_commit);
  return observed;
}

void read_document(const YamlNode& document, YamlErrors& errors, TraceHeader& header) {
  YamlFields fields(document, errors);
  fields.read("trace_version", header.trace_version);
  fields.read("time_unit", header.time_unit);
  fields.read("created_at", header.created_at);
  fields.read("mode", header.mode);
  fields.read("warm_up_requests", header.warm_up_requests);
  fields.read("workload_seed", header.workload_seed);
  fields.read("workload_spec", header.workload_spec);
  fields.read("session_context_growth", header.session_context_growth);
  if (const auto node = fields.node("server")) header.server = read_server(*node, errors);
  if (const auto node = fields.node("network"))
    header.measured_rtt_ms = read_network(*node, errors);
  if (const auto classes = fields.entries("goodput_slo_targets")) {
    for (const auto& [name, node] : *classes) {
      header.goodput_slo_targets[name] =
          node.is_null() ? GoodputTarget{} : read_goodput_target(node, errors);
    }
  }
  if (const auto node = fields.node("kv_offload")) header.kv_offload = read_offload(*node, errors);
  if (const auto node = fields.node("observed_kv_metrics")) {
    header.observed_kv_metrics = read_observed(*node, errors);
  }
}

}  // namespace

TraceHeader parse_trace_header(std::string_view text, const std::string& file) {
  const std::optional<YamlNode> document = parse_yaml(text, file);
  if (!document) {
    throw ConfigError({.file = file, .line = 0, .key = ""}, "the trace header is empty");
  }
  TraceHeader header;
  YamlErrors errors(file);
  read_document(*document, errors, header);
  errors.throw_if_any();
  return header;
}

TraceHeader load_trace_header(const std::string& file) {
  return parse_trace_header(read_file(file), file);
}

void warn_of_other_units(const TraceHeader& header, Diagnostics& diagnostics) {
  const std::string& unit = header.time_unit;
  if (unit.empty() || unit == "us" || unit == "microseconds") return;
  diagnostics.warn("the trace header's time_unit is not microseconds, but times are read as such",
                   unit);
}

}  // namespace blis::trace
