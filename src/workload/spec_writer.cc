#include "workload/spec_writer.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/yaml_writer.h"

namespace blis::workload {
namespace {

/// Writes one spec; each function one mapping of the format.
class SpecWriter {
 public:
  std::string write(const WorkloadSpec& spec) {
    out_.begin_map();
    out_.member("version", spec.version);
    out_.member("seed", spec.seed);
    out_.member("category", spec.category);
    out_.key("clients");
    write_list(spec.clients);
    if (!spec.cohorts.empty()) {
      out_.key("cohorts");
      write_list(spec.cohorts);
    }
    out_.member("aggregate_rate", spec.aggregate_rate_per_s);
    unless_zero("horizon", spec.horizon_us);
    unless_zero("num_requests", spec.num_requests);
    if_set("servegen_data", spec.servegen_data);
    if_set("inference_perf", spec.inference_perf);
    if (!spec.goodput_slo_targets.empty()) {
      out_.key("goodput_slo_targets");
      write_sorted(spec.goodput_slo_targets);
    }
    out_.end_map();
    return out_.text();
  }

 private:
  void value(double number) { out_.value(number); }
  void value(bool flag) { out_.value(flag); }
  void value(std::int64_t number) { out_.value(number); }

  template <typename T>
  void if_set(std::string_view key, const std::optional<T>& optional) {
    if (!optional) return;
    out_.key(key);
    value(*optional);
  }
  template <typename T>
  void unless_zero(std::string_view key, const T& number) {
    if (number != T{}) out_.member(key, number);
  }
  template <typename T>
  void object(std::string_view key, const T& mapping) {
    out_.key(key);
    value(mapping);
  }
  template <typename T>
  void write_list(const std::vector<T>& items) {
    out_.begin_list();
    for (const T& item : items) value(item);
    out_.end_list();
  }
  /// Mappings that stand for maps come in the natural order of their keys.
  template <typename Map>
  void write_sorted(const Map& map) {
    std::vector<const typename Map::value_type*> entries;
    entries.reserve(map.size());
    for (const auto& entry : map) entries.push_back(&entry);
    std::ranges::sort(
        entries, [](const auto* a, const auto* b) { return yaml_key_less(a->first, b->first); });
    out_.begin_map();
    for (const auto* entry : entries) {
      out_.key(entry->first);
      value(entry->second);
    }
    out_.end_map();
  }

  void value(const ArrivalSpec& arrival) {
    out_.begin_map();
    out_.member("process", arrival.process);
    if_set("cv", arrival.cv);
    if_set("shape", arrival.shape);
    if_set("scale", arrival.scale);
    out_.end_map();
  }
  void value(const DistributionSpec& distribution) {
    out_.begin_map();
    out_.member("type", distribution.type);
    if (!distribution.params.empty()) {
      out_.key("params");
      write_sorted(distribution.params);
    }
    unless_zero("file", distribution.file);
    out_.end_map();
  }
  void value(const NetworkSpec& network) {
    out_.begin_map();
    out_.member("rtt_ms", network.rtt_ms);
    unless_zero("bandwidth_mbps", network.bandwidth_mbps);
    out_.end_map();
  }
  void value(const WindowSpec& window) {
    out_.begin_map();
    out_.member("start_us", window.start_us);
    out_.member("end_us", window.end_us);
    if_set("trace_rate", window.trace_rate_per_s);
    if_set("arrival", window.arrival);
    if_set("input_distribution", window.input_distribution);
    if_set("output_distribution", window.output_distribution);
    out_.end_map();
  }
  void value(const std::vector<WindowSpec>& windows) {
    out_.begin_map();
    out_.key("windows");
    write_list(windows);
    out_.end_map();
  }
  void value(const MultimodalSpec& parts) {
    out_.begin_map();
    object("text_distribution", parts.text_distribution);
    object("image_distribution", parts.image_distribution);
    object("image_count_distribution", parts.image_count_distribution);
    object("audio_distribution", parts.audio_distribution);
    object("audio_count_distribution", parts.audio_count_distribution);
    object("video_distribution", parts.video_distribution);
    object("video_count_distribution", parts.video_count_distribution);
    out_.end_map();
  }
  void value(const MultiTurnSpec& turns) {
    out_.begin_map();
    out_.member("max_rounds", turns.max_rounds);
    out_.member("think_time_us", turns.think_time_us);
    out_.member("context_growth", turns.context_growth);
    unless_zero("single_session", turns.single_session);
    out_.end_map();
  }
  void value(const ReasoningSpec& reasoning) {
    out_.begin_map();
    object("reason_ratio_distribution", reasoning.reason_ratio_distribution);
    if_set("multi_turn", reasoning.multi_turn);
    out_.end_map();
  }
  void value(const ClientSpec& client) {
    out_.begin_map();
    out_.member("id", client.id);
    out_.member("tenant_id", client.tenant_id);
    out_.member("slo_class", client.slo_class);
    unless_zero("model", client.model);
    unless_zero("adapter", client.adapter);
    out_.member("rate_fraction", client.rate_fraction);
    unless_zero("concurrency", client.concurrency);
    unless_zero("think_time_us", client.think_time_us);
    object("arrival", client.arrival);
    object("input_distribution", client.input_distribution);
    object("output_distribution", client.output_distribution);
    unless_zero("prefix_group", client.prefix_group);
    unless_zero("prefix_length", client.prefix_length);
    out_.member("streaming", client.streaming);
    if_set("network", client.network);
    if_set("lifecycle", client.windows);
    if_set("multimodal", client.multimodal);
    if_set("reasoning", client.reasoning);
    if_set("timeout", client.timeout_us);
    if_set("slo_target_us", client.slo_target_us);
    if_set("closed_loop", client.closed_loop);
    out_.end_map();
  }
  void value(const DiurnalSpec& diurnal) {
    out_.begin_map();
    out_.member("peak_hour", diurnal.peak_hour);
    out_.member("peak_to_trough_ratio", diurnal.peak_to_trough_ratio);
    out_.end_map();
  }
  void value(const SpikeSpec& spike) {
    out_.begin_map();
    out_.member("start_time_us", spike.start_time_us);
    out_.member("duration_us", spike.duration_us);
    if_set("trace_rate", spike.trace_rate_per_s);
    out_.end_map();
  }
  void value(const DrainSpec& drain) {
    out_.begin_map();
    out_.member("start_time_us", drain.start_time_us);
    out_.member("ramp_duration_us", drain.ramp_duration_us);
    out_.end_map();
  }
  void value(const CohortSpec& cohort) {
    const ClientSpec& member = cohort.member;
    out_.begin_map();
    out_.member("id", member.id);
    out_.member("population", cohort.population);
    unless_zero("tenant_id", member.tenant_id);
    unless_zero("slo_class", member.slo_class);
    unless_zero("model", member.model);
    unless_zero("adapter", member.adapter);
    object("arrival", member.arrival);
    object("input_distribution", member.input_distribution);
    object("output_distribution", member.output_distribution);
    unless_zero("prefix_group", member.prefix_group);
    unless_zero("prefix_sharing", cohort.prefix_sharing);
    unless_zero("streaming", member.streaming);
    out_.member("rate_fraction", member.rate_fraction);
    if_set("diurnal", cohort.diurnal);
    if_set("spike", cohort.spike);
    if_set("drain", cohort.drain);
    unless_zero("prefix_length", member.prefix_length);
    if_set("reasoning", member.reasoning);
    if_set("closed_loop", member.closed_loop);
    if_set("timeout", member.timeout_us);
    if_set("slo_target_us", member.slo_target_us);
    if_set("network", member.network);
    if_set("multimodal", member.multimodal);
    out_.end_map();
  }
  void value(const ServegenDataSpec& data) {
    out_.begin_map();
    unless_zero("path", data.path);
    unless_zero("time_window", data.time_window);
    unless_zero("span_start", data.span_start);
    unless_zero("span_end", data.span_end);
    unless_zero("window_duration_secs", data.window_duration_s);
    unless_zero("drain_timeout_secs", data.drain_timeout_s);
    out_.end_map();
  }
  void value(const InferencePerfStage& stage) {
    out_.begin_map();
    out_.member("rate", stage.rate_per_s);
    out_.member("duration", stage.duration_s);
    out_.end_map();
  }
  void value(const InferencePerfSharedPrefix& prefix) {
    out_.begin_map();
    out_.member("num_unique_system_prompts", prefix.num_unique_system_prompts);
    out_.member("num_users_per_system_prompt", prefix.num_users_per_system_prompt);
    out_.member("system_prompt_len", prefix.system_prompt_len);
    out_.member("question_len", prefix.question_len);
    out_.member("output_len", prefix.output_len);
    out_.member("enable_multi_turn_chat", prefix.enable_multi_turn_chat);
    out_.end_map();
  }
  void value(const InferencePerfSpec& perf) {
    out_.begin_map();
    out_.key("stages");
    write_list(perf.stages);
    if_set("shared_prefix", perf.shared_prefix);
    out_.end_map();
  }
  void value(const GoodputTarget& target) {
    out_.begin_map();
    unless_zero("ttft_ms", target.ttft_ms);
    unless_zero("itl_ms", target.itl_ms);
    unless_zero("e2e_ms", target.e2e_ms);
    out_.end_map();
  }

  YamlWriter out_;
};

}  // namespace

std::string format_workload_spec(const WorkloadSpec& spec) { return SpecWriter().write(spec); }

}  // namespace blis::workload
