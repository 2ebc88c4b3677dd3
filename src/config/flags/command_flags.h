// The flags of each command: what it shares with others plus its own. SOURCE spec cli 3.1, 5-9.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/flags/flag.h"
#include "config/flags/simulation_flags.h"

namespace blis::config {

/// Length of one side of a request, drawn from a clipped Gaussian. SOURCE spec cli 5.1.
struct LengthFlags {
  Flag<std::int64_t> mean{512};
  Flag<std::int64_t> stdev{256};
  Flag<std::int64_t> min{2};
  Flag<std::int64_t> max{7000};
};

/// Token counts of a synthesized workload.
struct TokenFlags {
  LengthFlags prompt;
  LengthFlags output;
  Flag<std::int64_t> prefix_tokens;
};

struct RunFlags {
  SimulationFlags simulation;
  Flag<std::string> workload{"distribution"};
  Flag<std::string> workload_spec;
  Flag<double> rate{1.0};
  Flag<std::int64_t> num_requests{100};
  Flag<std::int64_t> concurrency;
  Flag<std::int64_t> think_time_ms;
  TokenFlags tokens;
  Flag<std::int64_t> timeout{300};
};

struct ReplayFlags {
  SimulationFlags simulation;
  Flag<std::string> trace_header;
  Flag<std::string> trace_data;
  Flag<std::string> session_mode{"fixed"};
  Flag<std::int64_t> think_time_ms;
  Flag<std::string> think_time_dist;
  Flag<std::string> results_path;
};

/// Ours, not the reference's.
struct ServeFlags {
  SimulationFlags simulation;
  Flag<std::string> host{"127.0.0.1"};
  Flag<std::int64_t> port{8000};
  Flag<double> speedup{1.0};
  Flag<std::string> served_model_name;
  Flag<std::string> api_key;
  Flag<std::string> tokenizer;
  Flag<std::int64_t> answer_tokens{128};
  Flag<std::int64_t> max_body_bytes{10'485'760};
  Flag<std::int64_t> max_connections{20'000};
  Flag<std::int64_t> idle_timeout{75};
  Flag<std::int64_t> drain_timeout{30};
  Flag<std::vector<std::string>> inject;
};

struct ObserveFlags {
  Flag<std::string> server_url;
  Flag<std::string> model;
  Flag<std::string> trace_header;
  Flag<std::string> trace_data;
  Flag<std::string> workload_spec;
  Flag<std::string> workload;
  Flag<std::string> defaults_filepath{"defaults.yaml"};
  Flag<double> rate;
  Flag<std::int64_t> concurrency;
  Flag<std::int64_t> think_time_ms;
  Flag<std::string> think_time_dist;
  Flag<std::int64_t> num_requests;
  Flag<std::int64_t> horizon;
  Flag<std::int64_t> seed{42};
  TokenFlags tokens;
  Flag<bool> lazy_generation;
  Flag<std::string> api_format{"completions"};
  Flag<std::string> api_key;
  Flag<std::string> server_type{"vllm"};
  Flag<std::int64_t> max_concurrency{256};
  Flag<std::int64_t> timeout{300};
  Flag<bool> streaming;
  Flag<bool> no_streaming;
  Flag<bool> unconstrained_output;
  Flag<std::int64_t> warmup_requests;
  Flag<DurationNs> prewarm_duration;
  Flag<double> rtt_ms;
  Flag<bool> record_itl;
  Flag<bool> content_chunks_only;
  Flag<bool> reference_clock;
  Flag<std::string> itl_output;
  Flag<bool> scrape_kv_metrics;
  Flag<std::string> vllm_commit;
  Flag<std::string> kv_metrics_url;
  GoodputFlags goodput;
  SaturationFlags saturation;
};

struct CalibrateFlags {
  Flag<std::string> trace_header;
  Flag<std::string> trace_data;
  Flag<std::string> sim_results;
  Flag<std::string> report;
  Flag<std::string> format{"json"};  ///< ours, not the reference's
  Flag<std::int64_t> warmup_requests{-1};
  Flag<std::int64_t> network_rtt_us{-1};
  Flag<double> network_bandwidth_mbps;
  Flag<std::string> itl_data;
  GoodputFlags goodput;
  Flag<std::string> sim_metrics;
  Flag<double> hit_rate_tolerance_pp{5};
  Flag<double> ttft_mape_threshold{0.15};
  Flag<std::string> adapter_reference;
  Flag<std::string> sim_metrics_blind;
  Flag<double> adapter_mape_threshold{0.20};
};

struct ConvertServegenFlags {
  Flag<std::string> path;
  Flag<std::int64_t> window_duration_seconds{600};
  Flag<std::int64_t> drain_timeout_seconds{180};
  Flag<std::string> time;
};

struct ConvertPresetFlags {
  Flag<std::string> name;
  Flag<double> rate{1.0};
  Flag<std::int64_t> num_requests{100};
  Flag<std::string> defaults_filepath{"defaults.yaml"};
};

struct ConvertInferencePerfFlags {
  Flag<std::string> spec;
};

/// `blis convert` of a trace or of results: see trace/importers/importers.h.
struct ConvertTraceFlags {
  Flag<std::string> input;
  Flag<std::string> output;
};

struct ConvertShareGptFlags {
  Flag<std::string> input;
  Flag<double> rate{1.0};
  Flag<double> characters_per_token{4};
};

struct ComposeFlags {
  Flag<std::vector<std::string>> from;
};

/// Which trace a `blis trace` command reads, and which it writes.
struct TraceFileFlags {
  Flag<std::string> header;
  Flag<std::string> data;
  Flag<std::string> output;
};

struct TraceInfoFlags {
  Flag<std::string> trace_header;
  Flag<std::string> trace_data;
  Flag<std::string> format{"table"};
  Flag<double> window_seconds{60};
};

struct TraceSliceFlags {
  TraceFileFlags files;
  Flag<double> from_seconds{0};
  Flag<double> to_seconds{0};
  Flag<std::int64_t> skip_rows;
  Flag<std::int64_t> rows;
  Flag<std::string> tenant;
  Flag<std::string> slo_class;
  Flag<std::string> model;
  Flag<std::string> status;
  Flag<bool> rebase;
};

struct TraceScaleFlags {
  TraceFileFlags files;
  Flag<double> rate_factor{1};
  Flag<std::string> method{"compress"};
  Flag<std::int64_t> seed{42};
  Flag<double> copy_delay_seconds{1};
};

struct TraceMergeFlags {
  Flag<std::string> trace_header;
  Flag<std::vector<std::string>> trace_data;
  Flag<std::string> output;
};

struct TraceAnonymizeFlags {
  TraceFileFlags files;
  Flag<bool> models;
};

/// Ours, not the reference's.
struct BenchFlags {
  Flag<std::string> format{"table"};
  Flag<std::int64_t> repeat{3};
  Flag<std::int64_t> num_requests;
};

struct HelpFlags {
  Flag<bool> man;
  Flag<bool> markdown;
};

void register_flags(RunFlags& flags, FlagSet& set);
void register_flags(ReplayFlags& flags, FlagSet& set);
void register_flags(ServeFlags& flags, FlagSet& set);
void register_flags(ObserveFlags& flags, FlagSet& set);
void register_flags(CalibrateFlags& flags, FlagSet& set);
void register_flags(ConvertServegenFlags& flags, FlagSet& set);
void register_flags(ConvertPresetFlags& flags, FlagSet& set);
void register_flags(ConvertInferencePerfFlags& flags, FlagSet& set);
void register_flags(ConvertTraceFlags& flags, FlagSet& set);
void register_flags(ConvertShareGptFlags& flags, FlagSet& set);
void register_flags(ComposeFlags& flags, FlagSet& set);
void register_flags(TraceInfoFlags& flags, FlagSet& set);
void register_flags(TraceSliceFlags& flags, FlagSet& set);
void register_flags(TraceScaleFlags& flags, FlagSet& set);
void register_flags(TraceMergeFlags& flags, FlagSet& set);
void register_flags(TraceAnonymizeFlags& flags, FlagSet& set);
void register_flags(BenchFlags& flags, FlagSet& set);
void register_flags(HelpFlags& flags, FlagSet& set);

}  // namespace blis::config
