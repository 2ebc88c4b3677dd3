// What a workload YAML says, as plain data: every field has the meaning, unit and default of its
// key, and nothing here has been checked beyond its type. Read by spec_reader.h, built from flags
// by synthesis.h, written by spec_writer.h. SOURCE spec workload 4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace blis::workload {

/// A length distribution, still unchecked: `type` names a member of lengths.def. SOURCE spec
/// workload 4.6.
struct DistributionSpec {
  std::string type;
  std::map<std::string, double> params;  ///< for `empirical`: token count (as text) -> weight
  std::string file;                      ///< accepted, never read [spec 25.1, 24]

  bool is_set() const { return !type.empty(); }
};

/// How the gaps between arrivals are drawn. SOURCE spec workload 4.5.
struct ArrivalSpec {
  std::string process;
  std::optional<double> cv;
  std::optional<double> shape;
  std::optional<double> scale;  ///< of the gap, µs

  bool has_positive_shape_and_scale() const { return shape && scale && *shape > 0 && *scale > 0; }
};

/// `[start, end)` in which a client is active. Any of the optional members switches the whole
/// workload to time-varying generation. SOURCE spec workload 4.7.
struct WindowSpec {
  std::int64_t start_us = 0;
  std::int64_t end_us = 0;
  std::optional<double> trace_rate_per_s;
  std::optional<ArrivalSpec> arrival;
  std::optional<DistributionSpec> input_distribution;
  std::optional<DistributionSpec> output_distribution;

  bool has_override() const {
    return trace_rate_per_s || arrival || input_distribution || output_distribution;
  }
  bool contains(std::int64_t t_us) const { return start_us <= t_us && t_us < end_us; }
};

/// Text, image, audio and video parts of one request. SOURCE spec workload 10.3.
struct MultimodalSpec {
  DistributionSpec text_distribution;
  DistributionSpec image_distribution;
  DistributionSpec image_count_distribution;
  DistributionSpec audio_distribution;
  DistributionSpec audio_count_distribution;
  DistributionSpec video_distribution;
  DistributionSpec video_count_distribution;
};

/// SOURCE spec workload 10.4.
struct MultiTurnSpec {
  std::int64_t max_rounds = 0;
  std::int64_t think_time_us = 0;
  std::string context_growth;  ///< only "accumulate" is special
  bool single_session = false;

  bool accumulates() const { return context_growth == "accumulate"; }
};

struct ReasoningSpec {
  DistributionSpec reason_ratio_distribution;  ///< in percent
  std::optional<MultiTurnSpec> multi_turn;
};

/// Accepted and without effect on simulated latencies [spec workload 21].
struct NetworkSpec {
  double rtt_ms = 0;
  double bandwidth_mbps = 0;
};

/// An arrival process that only expansion of an inference-perf description creates; it has no YAML
/// form, so converted files lose it [spec workload 18, 25.1 item 7].
struct InjectedArrivals {
  enum class Kind { kNormalizedExponential, kPoisson };
  Kind kind = Kind::kPoisson;
  std::int64_t count = 0;        ///< kNormalizedExponential: number of arrivals ...
  std::int64_t duration_us = 0;  ///< ... in this time
  double rate_per_us = 0;        ///< kPoisson
};

/// One traffic source. SOURCE spec workload 4.3.
struct ClientSpec {
  std::string id;
  std::string tenant_id;
  std::string slo_class;
  std::string model;
  std::string adapter;
  double rate_fraction = 0;
  std::int64_t concurrency = 0;  ///< > 0: a closed-loop pool of that many virtual users
  std::int64_t think_time_us = 0;
  ArrivalSpec arrival;
  DistributionSpec input_distribution;
  DistributionSpec output_distribution;
  std::string prefix_group;
  std::int64_t prefix_length = 0;
  bool streaming = false;
  std::optional<NetworkSpec> network;
  std::optional<std::vector<WindowSpec>> windows;  ///< `lifecycle.windows`
  std::optional<MultimodalSpec> multimodal;
  std::optional<ReasoningSpec> reasoning;
  std::optional<std::int64_t> timeout_us;     ///< 0 = explicitly no deadline
  std::optional<std::int64_t> slo_target_us;  ///< 0 = none
  std::optional<bool> closed_loop;

  std::optional<InjectedArrivals> injected_arrivals;
  int line = 0;  ///< where it stands in its file, 0 = not from a file

  const MultiTurnSpec* multi_turn() const {
    return reasoning && reasoning->multi_turn ? &*reasoning->multi_turn : nullptr;
  }
  /// SOURCE spec workload 13.
  bool is_closed_loop() const { return closed_loop.value_or(multi_turn() != nullptr); }
};

struct DiurnalSpec {
  std::int64_t peak_hour = 0;
  double peak_to_trough_ratio = 0;
};
struct SpikeSpec {
  std::int64_t start_time_us = 0;
  std::int64_t duration_us = 0;
  std::optional<double> trace_rate_per_s;
};
struct DrainSpec {
  std::int64_t start_time_us = 0;
  std::int64_t ramp_duration_us = 0;
};

/// A population of identical clients. SOURCE spec workload 4.4, 6.
struct CohortSpec {
  /// What all members share. `rate_fraction` is the whole cohort's; no windows, concurrency or
  /// think time of its own.
  ClientSpec member;
  std::int64_t population = 0;
  std::string prefix_sharing;
  std::optional<DiurnalSpec> diurnal;
  std::optional<SpikeSpec> spike;
  std::optional<DrainSpec> drain;
};

/// SOURCE spec workload 19.
struct ServegenDataSpec {
  std::string path;
  std::string time_window;  ///< accepted, ignored, as the spans
  std::int64_t span_start = 0;
  std::int64_t span_end = 0;
  std::int64_t window_duration_s = 0;  ///< <= 0: 600
  std::int64_t drain_timeout_s = 0;    ///< < 0: 180
};

/// One stretch of load of an inference-perf description.
struct InferencePerfStage {
  double rate_per_s = 0;
  std::int64_t duration_s = 0;
};

/// Who asks in an inference-perf description: users of a number of system prompts.
struct InferencePerfSharedPrefix {
  std::int64_t num_unique_system_prompts = 0;
  std::int64_t num_users_per_system_prompt = 0;
  std::int64_t system_prompt_len = 0;
  std::int64_t question_len = 0;
  std::int64_t output_len = 0;
  bool enable_multi_turn_chat = false;
};

/// SOURCE spec workload 18.
struct InferencePerfSpec {
  std::vector<InferencePerfStage> stages;
  std::optional<InferencePerfSharedPrefix> shared_prefix;
};

/// SLO of one class, in ms; 0 = that dimension is not gated. Passed through to the reports.
struct GoodputTarget {
  double ttft_ms = 0;
  double itl_ms = 0;
  double e2e_ms = 0;
};

/// The whole file. SOURCE spec workload 4.2.
struct WorkloadSpec {
  std::string version;
  std::int64_t seed = 0;
  std::string category;
  std::vector<ClientSpec> clients;
  std::vector<CohortSpec> cohorts;
  double aggregate_rate_per_s = 0;  ///< 0: absolute rates, or only concurrency clients
  std::int64_t horizon_us = 0;      ///< 0 = unset
  std::int64_t num_requests = 0;    ///< 0 = unlimited
  std::optional<ServegenDataSpec> servegen_data;
  std::optional<InferencePerfSpec> inference_perf;
  std::map<std::string, GoodputTarget> goodput_slo_targets;  ///< by class

  std::string file;  ///< for messages; empty = not from a file
};

}  // namespace blis::workload
