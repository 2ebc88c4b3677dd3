// The YAML half of a trace: how it came about and what a replay needs to know besides its requests.
// SOURCE spec traces 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "trace/goodput_targets.h"

namespace blis::trace {

/// The server that was observed. Nothing reads it.
struct ServerInfo {
  std::string type{};
  std::string model{};
  std::int64_t tensor_parallel = 0;
  std::int64_t max_num_seqs = 0;
  std::int64_t block_size = 0;
  double gpu_memory_utilization = 0;
  std::int64_t max_model_len = 0;

  friend bool operator==(const ServerInfo&, const ServerInfo&) = default;
};

/// One storage tier of the offload chain, all figures resolved. SOURCE spec traces 2.1.
struct OffloadTierHeader {
  std::string type{};
  std::string root_dir{};
  std::int64_t n_read_threads = 0;
  std::int64_t n_write_threads = 0;
  std::string locality{};
  bool enable_kv_events = false;
  bool direct_io = false;
  std::string device_class{};  ///< where the figures came from; never looked up again
  double read_bandwidth = 0;   ///< bytes per us
  double write_bandwidth = 0;  ///< bytes per us
  double base_latency = 0;     ///< us
  std::int64_t saturation_queue_depth = 0;
  double single_transfer_fraction = 0;
  double latency_jitter_stddev = 0;
  // Ours; absent from the file unless given.
  std::string shared_device{};
  double shared_read_bandwidth = 0;
  double shared_write_bandwidth = 0;
  std::int64_t capacity_bytes = 0;

  friend bool operator==(const OffloadTierHeader&, const OffloadTierHeader&) = default;
};

/// The KV offload chain, all figures resolved, so that a replay needs no other file. SOURCE spec
/// traces 2.1.
struct OffloadHeader {
  std::int64_t cpu_bytes_to_use = 0;
  std::int64_t per_block_bytes = 0;
  std::int64_t block_size = 0;
  std::int64_t blocks_per_chunk = 0;
  std::int64_t tokens_per_hash = 0;
  std::string eviction_policy{};
  bool offload_prompt_only = false;
  bool self_describing_kv_events = false;
  std::vector<OffloadTierHeader> secondary_tiers{};

  friend bool operator==(const OffloadHeader&, const OffloadHeader&) = default;
};

/// Hit rate of the observed server's KV cache. SOURCE spec traces 2.2.
struct ObservedKvMetrics {
  std::string source{};  ///< `tiered` or `gpu-prefix-cache-fallback`
  double hit_rate = 0;
  std::int64_t block_hits = 0;
  std::int64_t block_queries = 0;
  double read_time_total = 0;
  double write_time_total = 0;
  std::string vllm_commit{};

  friend bool operator==(const ObservedKvMetrics&, const ObservedKvMetrics&) = default;
};

inline constexpr std::int64_t kTraceVersion = 3;
/// `mode`: the trace comes from `run`, from `replay`, or from a real server.
inline constexpr std::string_view kModeGenerated = "generated";
inline constexpr std::string_view kModeReplayed = "replayed";
inline constexpr std::string_view kModeReal = "real";

struct TraceHeader {
  std::int64_t trace_version = 0;
  std::string time_unit{};   ///< informational
  std::string created_at{};  ///< UTC, RFC 3339
  std::string mode{};
  std::int64_t warm_up_requests = 0;
  std::optional<std::int64_t> workload_seed{};
  std::string workload_spec{};
  std::string session_context_growth{};  ///< "" or `accumulate`; read by closed-loop replay
  std::optional<ServerInfo> server{};
  std::optional<double> measured_rtt_ms{};  ///< set = the block `network` is there
  GoodputTargets goodput_slo_targets{};
  std::optional<OffloadHeader> kv_offload{};
  std::optional<ObservedKvMetrics> observed_kv_metrics{};
};

/// The text of the header file. Keys that are zero or empty are left out where the format allows
/// it.
std::string format_trace_header(const TraceHeader& header);

/// Reads a header; every key may be missing. Version, unit and mode are taken as they are.
/// THROWS ConfigError with file and line of unknown keys and wrong types, and if there is no
/// document.
TraceHeader parse_trace_header(std::string_view text, const std::string& file);
TraceHeader load_trace_header(const std::string& file);

/// Times are read as microseconds whatever `time_unit` says; warns if it says something else.
void warn_of_other_units(const TraceHeader& header, Diagnostics& diagnostics);

}  // namespace blis::trace
