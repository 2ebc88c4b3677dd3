#include "workload/spec_reader.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/output_file.h"
#include "base/yaml_reader.h"
#include "workload/inert_keys.h"

namespace blis::workload {
namespace {

void read(const YamlNode& node, YamlErrors& errors, DistributionSpec& out) {
  YamlFields fields(node, errors);
  fields.read("type", out.type);
  fields.read("file", out.file);
  const auto params = fields.entries("params");
  if (!params) return;
  for (const auto& [key, value] : *params) {
    // A null value counts as 0, so it satisfies "required" [QUIRK, spec workload 4.1].
    out.params[key] = value.is_null() ? 0.0 : value.as_double(errors).value_or(0.0);
  }
}

void read(const YamlNode& node, YamlErrors& errors, ArrivalSpec& out) {
  YamlFields fields(node, errors);
  fields.read("process", out.process);
  fields.read("cv", out.cv);
  fields.read("shape", out.shape);
  fields.read("scale", out.scale);
}

void read(const YamlNode& node, YamlErrors& errors, NetworkSpec& out) {
  YamlFields fields(node, errors);
  fields.read("rtt_ms", out.rtt_ms);
  fields.read("bandwidth_mbps", out.bandwidth_mbps);
}

void read(const YamlNode& node, YamlErrors& errors, MultiTurnSpec& out) {
  YamlFields fields(node, errors);
  fields.read("max_rounds", out.max_rounds);
  fields.read("think_time_us", out.think_time_us);
  fields.read("context_growth", out.context_growth);
  fields.read("single_session", out.single_session);
}

void read(const YamlNode& node, YamlErrors& errors, DiurnalSpec& out) {
  YamlFields fields(node, errors);
  fields.read("peak_hour", out.peak_hour);
  fields.read("peak_to_trough_ratio", out.peak_to_trough_ratio);
}

void read(const YamlNode& node, YamlErrors& errors, SpikeSpec& out) {
  YamlFields fields(node, errors);
  fields.read("start_time_us", out.start_time_us);
  fields.read("duration_us", out.duration_us);
  fields.read("trace_rate", out.trace_rate_per_s);
}

void read(const YamlNode& node, YamlErrors& errors, DrainSpec& out) {
  YamlFields fields(node, errors);
  fields.read("start_time_us", out.start_time_us);
  fields.read("ramp_duration_us", out.ramp_duration_us);
}

void read(const YamlNode& node, YamlErrors& errors, ServegenDataSpec& out) {
  YamlFields fields(node, errors);
  fields.read("path", out.path);
  fields.read("time_window", out.time_window);
  fields.read("span_start", out.span_start);
  fields.read("span_end", out.span_end);
  fields.read("window_duration_secs", out.window_duration_s);
  fields.read("drain_timeout_secs", out.drain_timeout_s);
}

void read(const YamlNode& node, YamlErrors& errors, InferencePerfStage& out) {
  YamlFields fields(node, errors);
  fields.read("rate", out.rate_per_s);
  fields.read("duration", out.duration_s);
}

void read(const YamlNode& node, YamlErrors& errors, InferencePerfSharedPrefix& out) {
  YamlFields fields(node, errors);
  fields.read("num_unique_system_prompts", out.num_unique_system_prompts);
  fields.read("num_users_per_system_prompt", out.num_users_per_system_prompt);
  fields.read("system_prompt_len", out.system_prompt_len);
  fields.read("question_len", out.question_len);
  fields.read("output_len", out.output_len);
  fields.read("enable_multi_turn_chat", out.enable_multi_turn_chat);
}

void read(const YamlNode& node, YamlErrors& errors, GoodputTarget& out) {
  YamlFields fields(node, errors);
  fields.read("ttft_ms", out.ttft_ms);
  fields.read("itl_ms", out.itl_ms);
  fields.read("e2e_ms", out.e2e_ms);
}

// The structs that contain others come after the templates that read them.
void read(const YamlNode& node, YamlErrors& errors, ReasoningSpec& out);
void read(const YamlNode& node, YamlErrors& errors, MultimodalSpec& out);
void read(const YamlNode& node, YamlErrors& errors, WindowSpec& out);
void read(const YamlNode& node, YamlErrors& errors, ClientSpec& out);
void read(const YamlNode& node, YamlErrors& errors, CohortSpec& out);
void read(const YamlNode& node, YamlErrors& errors, InferencePerfSpec& out);

template <typename T>
void read_object(YamlFields& fields, std::string_view key, YamlErrors& errors, T& out) {
  if (const auto node = fields.node(key)) read(*node, errors, out);
}

template <typename T>
void read_object(YamlFields& fields, std::string_view key, YamlErrors& errors,
                 std::optional<T>& out) {
  if (const auto node = fields.node(key)) read(*node, errors, out.emplace());
}

template <typename T>
void read_list(YamlFields& fields, std::string_view key, YamlErrors& errors, std::vector<T>& out) {
  const auto items = fields.list(key);
  if (!items) return;
  for (const YamlNode& item : *items) read(item, errors, out.emplace_back());
}

void read(const YamlNode& node, YamlErrors& errors, ReasoningSpec& out) {
  YamlFields fields(node, errors);
  read_object(fields, "reason_ratio_distribution", errors, out.reason_ratio_distribution);
  read_object(fields, "multi_turn", errors, out.multi_turn);
}

void read(const YamlNode& node, YamlErrors& errors, MultimodalSpec& out) {
  YamlFields fields(node, errors);
  read_object(fields, "text_distribution", errors, out.text_distribution);
  read_object(fields, "image_distribution", errors, out.image_distribution);
  read_object(fields, "image_count_distribution", errors, out.image_count_distribution);
  read_object(fields, "audio_distribution", errors, out.audio_distribution);
  read_object(fields, "audio_count_distribution", errors, out.audio_count_distribution);
  read_object(fields, "video_distribution", errors, out.video_distribution);
  read_object(fields, "video_count_distribution", errors, out.video_count_distribution);
}

void read(const YamlNode& node, YamlErrors& errors, WindowSpec& out) {
  YamlFields fields(node, errors);
  fields.read("start_us", out.start_us);
  fields.read("end_us", out.end_us);
  fields.read("trace_rate", out.trace_rate_per_s);
  read_object(fields, "arrival", errors, out.arrival);
  read_object(fields, "input_distribution", errors, out.input_distribution);
  read_object(fields, "output_distribution", errors, out.output_distribution);
}

/// The keys that clients and cohorts have in common.
void read_traffic_source(YamlFields& fields, YamlErrors& errors, ClientSpec& out) {
  fields.read("id", out.id);
  fields.read("tenant_id", out.tenant_id);
  fields.read("slo_class", out.slo_class);
  fields.read("model", out.model);
  fields.read("adapter", out.adapter);
  fields.read("rate_fraction", out.rate_fraction);
  read_object(fields, "arrival", errors, out.arrival);
  read_object(fields, "input_distribution", errors, out.input_distribution);
  read_object(fields, "output_distribution", errors, out.output_distribution);
  fields.read("prefix_group", out.prefix_group);
  fields.read("prefix_length", out.prefix_length);
  fields.read("streaming", out.streaming);
  read_object(fields, "network", errors, out.network);
  read_object(fields, "multimodal", errors, out.multimodal);
  read_object(fields, "reasoning", errors, out.reasoning);
  fields.read("timeout", out.timeout_us);
  fields.read("slo_target_us", out.slo_target_us);
  fields.read("closed_loop", out.closed_loop);
}

void read(const YamlNode& node, YamlErrors& errors, ClientSpec& out) {
  YamlFields fields(node, errors);
  out.line = node.line();
  read_traffic_source(fields, errors, out);
  fields.read("concurrency", out.concurrency);
  fields.read("think_time_us", out.think_time_us);
  if (const auto lifecycle = fields.node("lifecycle")) {
    YamlFields lifecycle_fields(*lifecycle, errors);
    read_list(lifecycle_fields, "windows", errors, out.windows.emplace());
  }
}

void read(const YamlNode& node, YamlErrors& errors, CohortSpec& out) {
  YamlFields fields(node, errors);
  out.member.line = node.line();
  read_traffic_source(fields, errors, out.member);
  fields.read("population", out.population);
  fields.read("prefix_sharing", out.prefix_sharing);
  read_object(fields, "diurnal", errors, out.diurnal);
  read_object(fields, "spike", errors, out.spike);
  read_object(fields, "drain", errors, out.drain);
}

void read(const YamlNode& node, YamlErrors& errors, InferencePerfSpec& out) {
  YamlFields fields(node, errors);
  read_list(fields, "stages", errors, out.stages);
  read_object(fields, "shared_prefix", errors, out.shared_prefix);
}

void read(const YamlNode& node, YamlErrors& errors, WorkloadSpec& out) {
  YamlFields fields(node, errors);
  fields.read("version", out.version);
  fields.read("seed", out.seed);
  fields.read("category", out.category);
  read_list(fields, "clients", errors, out.clients);
  read_list(fields, "cohorts", errors, out.cohorts);
  fields.read("aggregate_rate", out.aggregate_rate_per_s);
  fields.read("horizon", out.horizon_us);
  fields.read("num_requests", out.num_requests);
  read_object(fields, "servegen_data", errors, out.servegen_data);
  read_object(fields, "inference_perf", errors, out.inference_perf);
  if (const auto targets = fields.entries("goodput_slo_targets")) {
    for (const auto& [slo_class, target] : *targets) {
      GoodputTarget& out_target = out.goodput_slo_targets[slo_class];
      if (!target.is_null()) read(target, errors, out_target);
    }
  }
}

}  // namespace

WorkloadSpec parse_workload_spec(std::string_view text, const std::string& file,
                                 Diagnostics& diagnostics) {
  const std::optional<YamlNode> document = parse_yaml(text, file);
  if (!document)
    throw ConfigError(InputLocation{file, 0, {}},
                      "parsing workload spec: EOF, the file has no content");
  WorkloadSpec spec;
  spec.file = file;
  YamlErrors errors(file);
  if (!document->is_null()) read(*document, errors, spec);
  errors.throw_if_any();
  upgrade_v1(spec, diagnostics);
  warn_about_inert_keys(spec, diagnostics);
  return spec;
}

WorkloadSpec load_workload_spec(const std::string& file, Diagnostics& diagnostics) {
  return parse_workload_spec(read_file(file), file, diagnostics);
}

void upgrade_v1(WorkloadSpec& spec, Diagnostics& diagnostics) {
  if (!spec.version.empty() && spec.version != "1") return;
  spec.version = "2";
  for (ClientSpec& client : spec.clients) {
    const std::string old_class = client.slo_class;
    if (old_class == "realtime") {
      client.slo_class = "critical";
    } else if (old_class == "interactive") {
      client.slo_class = "standard";
    } else {
      continue;
    }
    diagnostics.warn(
        "deprecated SLO class was replaced (workload spec version 1)",
        fmt::format("client \"{}\": {} became {}", client.id, old_class, client.slo_class));
  }
}

}  // namespace blis::workload
