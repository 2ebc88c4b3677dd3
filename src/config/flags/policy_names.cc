#include "config/flags/policy_names.h"

#include <algorithm>
#include <array>
#include <vector>

#include "disagg/decider.h"
#include "engine/preemption_policy.h"
#include "engine/scheduler.h"
#include "gateway/admission_policy.h"
#include "gateway/routing_policy.h"
#include "gateway/saturation_detector.h"
#include "gateway/scorer.h"
#include "latency/latency_model.h"
#include "report/saturation/detector.h"

namespace blis::config {
namespace {

constexpr auto kMoeComm = std::to_array<std::string_view>(
    {"allgather_reducescatter", "deepep_high_throughput", "deepep_low_latency",
     "flashinfer_all2allv", "mori", "naive", "pplx"});
constexpr auto kTraceLevels = std::to_array<std::string_view>({"decisions", "none"});
constexpr auto kLogLevels = std::to_array<std::string_view>(
    {"debug", "error", "fatal", "info", "panic", "trace", "warn", "warning"});
constexpr auto kSessionModes = std::to_array<std::string_view>({"closed-loop", "fixed"});
constexpr auto kApiFormats = std::to_array<std::string_view>({"chat", "completions"});
constexpr auto kDayTimes = std::to_array<std::string_view>({"afternoon", "midnight", "morning"});

/// The names of a registry's rows. Each registry is constant, so its list is made once.
template <typename Entries>
std::vector<std::string_view> names_of(const Entries& entries) {
  std::vector<std::string_view> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

std::vector<std::string_view> detector_names() {
  std::vector<std::string_view> names = names_of(report::saturation_detector_entries());
  names.push_back("all");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Names admission_policy_names() {
  static const std::vector<std::string_view> names = names_of(gateway::admission_policy_entries());
  return names;
}
Names routing_policy_names() {
  static const std::vector<std::string_view> names = names_of(gateway::routing_policy_entries());
  return names;
}
Names scorer_names() {
  static const std::vector<std::string_view> names = names_of(gateway::scorer_entries());
  return names;
}
Names scheduler_names() {
  static const std::vector<std::string_view> names = names_of(engine::scheduler_entries());
  return names;
}
Names preemption_policy_names() {
  static const std::vector<std::string_view> names = names_of(engine::preemption_policy_entries());
  return names;
}

Names stepper_names() {
  static constexpr std::string_view names[] = {"fast", "plain"};
  return names;
}
Names latency_model_names() {
  static const std::vector<std::string_view> names = names_of(latency::latency_model_entries());
  return names;
}
Names kv_cache_dtype_names() {
  static constexpr std::string_view names[] = {"auto", "fp8", "fp8_e4m3", "fp8_e5m2"};
  return names;
}
Names moe_comm_backend_names() { return kMoeComm; }
Names saturation_gate_names() {
  static const std::vector<std::string_view> names =
      names_of(gateway::saturation_detector_entries());
  return names;
}
Names dispatch_order_names() {
  static const std::vector<std::string_view> names = gateway::dispatch_order_names();
  return names;
}
Names fairness_policy_names() {
  static const std::vector<std::string_view> names = gateway::fairness_policy_names();
  return names;
}
Names pd_decider_names() {
  static const std::vector<std::string_view> names = names_of(disagg::decider_entries());
  return names;
}
Names encode_decider_names() {
  static const std::vector<std::string_view> names = names_of(disagg::encode_decider_entries());
  return names;
}
Names trace_level_names() { return kTraceLevels; }
Names log_level_names() { return kLogLevels; }
Names saturation_detector_names() {
  static const std::vector<std::string_view> names = detector_names();
  return names;
}
Names session_mode_names() { return kSessionModes; }
Names api_format_names() { return kApiFormats; }
Names day_time_names() { return kDayTimes; }
Names calibrate_format_names() {
  static constexpr std::string_view names[] = {"json", "table"};
  return names;
}
Names bench_format_names() { return calibrate_format_names(); }
Names trace_info_format_names() { return calibrate_format_names(); }
Names trace_scale_method_names() {
  static constexpr std::string_view names[] = {"compress", "superpose", "thin"};
  return names;
}

bool contains(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void require_name(const InputLocation& where, std::string_view what, std::string_view name,
                  Names names, bool empty_allowed) {
  if (contains(names, name) || (name.empty() && empty_allowed)) return;
  throw ConfigError(where, unknown_name(what, name, names));
}

}  // namespace blis::config
