#include "config/policy_families.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "config/flags/simulation_flags.h"
#include "control/analyzer.h"
#include "control/drain_policy.h"
#include "control/optimizer.h"
#include "control/scaling_metric.h"
#include "control/scaling_policy.h"
#include "disagg/decider.h"
#include "engine/preemption_policy.h"
#include "engine/scheduler.h"
#include "gateway/admission_policy.h"
#include "gateway/flow_policies.h"
#include "gateway/routing_policy.h"
#include "gateway/saturation_detector.h"
#include "gateway/scorer.h"
#include "kv/kv_factory.h"
#include "latency/latency_model.h"
#include "report/saturation/config.h"
#include "report/saturation/detector.h"
#include "workload/arrival_process.h"
#include "workload/length_sampler.h"

namespace blis::config {
namespace {

template <typename Entries>
PolicyFamily family(std::string_view title, std::string_view chosen_by, const Entries& entries) {
  PolicyFamily family{.title = title, .chosen_by = chosen_by};
  for (const auto& entry : entries) family.members.push_back({entry.name, entry.help});
  return family;
}

/// Puts settings where they belong. A misspelt name of a member or flag ends the program, so tests
/// find it.
class Settings {
 public:
  Settings() { register_flags(flags_, set_); }

  /// Flags of `run`, without dashes, separated by blanks.
  std::vector<PolicySetting> of_flags(std::string_view names) const {
    std::vector<PolicySetting> settings;
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find(' '));
      names.remove_prefix(std::min(names.size(), name.size() + 1));
      const auto flag = std::ranges::find(set_.flags(), name, &FlagSpec::name);
      BLIS_CHECK(flag != set_.flags().end(), "there is no flag --{}", name);
      settings.push_back(
          {fmt::format("--{}", name), flag->unit_text(), flag->default_text(), flag->help()});
    }
    return settings;
  }

 private:
  SimulationFlags flags_;
  FlagSet set_;
};

void give(PolicyFamily& family, std::string_view member, std::vector<PolicySetting> settings) {
  const auto found = std::ranges::find(family.members, member, &PolicyMember::name);
  BLIS_CHECK(found != family.members.end(), "{} has no member {}", family.title, member);
  found->settings = std::move(settings);
}

template <typename Number>
PolicySetting key(std::string name, std::string unit, Number value, std::string help) {
  return {std::move(name), std::move(unit), fmt::format("{}", value), std::move(help)};
}

PolicyFamily admission(const Settings& settings) {
  const gateway::TierShedConfig tier_shed;
  const gateway::GaieLegacyConfig gaie;
  PolicyFamily f = family("Admission", "--admission-policy", gateway::admission_policy_entries());
  give(f, "token-bucket", settings.of_flags("token-bucket-capacity token-bucket-refill-rate"));
  give(f, "tier-shed",
       {key("admission.tier_shed_threshold", "requests", tier_shed.load_threshold,
            "largest effective load at which everybody is let in"),
        key("admission.tier_shed_min_priority", "", tier_shed.min_priority,
            fmt::format("class priority from which a request is let in above it; {} if the bundle "
                        "itself names tier-shed",
                        gateway::kTierShedMinPriorityOfBundle))});
  give(f, "gaie-legacy",
       {key("admission.gaie_qd_threshold", "requests", gaie.queue_depth_threshold,
            "wait queue that counts as full"),
        key("admission.gaie_kv_threshold", "share", gaie.kv_utilization_threshold,
            "KV use that counts as full")});
  give(f, "script", settings.of_flags("policy-script"));
  f.settings = settings.of_flags("admission-latency");
  f.settings.push_back({"tenant_budgets", "share", "",
                        "tenant -> share of all batch slots beyond which its sheddable requests "
                        "are refused"});
  f.settings.push_back(
      {"admission.slo_priorities", "", "", "class -> priority; below 0 a class is sheddable"});
  return f;
}

PolicyFamily autoscaler_analyzers(const Settings& settings) {
  const control::AnalyzerConfig config;
  PolicyFamily f = family("Autoscaler analyzers", "the policy bundle", control::analyzer_entries());
  give(f, "v2-saturation",
       {key("autoscaler.analyzer.kv_cache_threshold", "share", config.kv_cache_threshold_ratio,
            "of an instance's KV capacity that counts as usable"),
        key("autoscaler.analyzer.scale_up_threshold", "share", config.scale_up_threshold,
            "utilisation that growth aims at"),
        key("autoscaler.analyzer.scale_down_boundary", "share", config.scale_down_boundary,
            "utilisation below which instances are spared"),
        key("autoscaler.analyzer.avg_input_tokens", "tokens", config.avg_input_tokens,
            "demand of one waiting request")});
  f.settings = settings.of_flags("model-autoscaler-interval-us");
  const control::AutoscalerConfig autoscaler;
  f.settings.push_back(key("autoscaler.scale_up_stabilization_window_us", "µs",
                           autoscaler.up_window_us, "for how long growth must be wanted"));
  f.settings.push_back(key("autoscaler.scale_down_stabilization_window_us", "µs",
                           autoscaler.down_window_us, "for how long shrinking must be wanted"));
  return f;
}

PolicyFamily arrivals() {
  PolicyFamily f = family("Arrival processes", "arrival.process of a workload spec",
                          workload::arrival_process_entries());
  for (const char* name : {"gamma", "weibull"}) {
    give(f, name,
         {key("arrival.cv", "", 1, "coefficient of variation of the gaps"),
          {"arrival.shape", "", "", "instead of cv and the rate, with scale"},
          {"arrival.scale", "µs", "", "instead of cv and the rate, with shape"}});
  }
  return f;
}

PolicyFamily lengths() {
  PolicyFamily f = family("Length distributions", "type of a distribution of a workload spec",
                          workload::length_sampler_entries());
  const auto unit_of = [](std::string_view param) {
    const bool is_length = param == "value" || param == "mean" || param == "std_dev" ||
                           param == "min" || param == "max" || param == "xm";
    return is_length ? "tokens" : "";
  };
  for (const workload::LengthSamplerEntry& entry : workload::length_sampler_entries()) {
    std::vector<PolicySetting> settings;
    for (std::string_view rest = entry.required_params; !rest.empty();) {
      const std::string_view param = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), param.size() + 1));
      settings.push_back({fmt::format("params.{}", param), unit_of(param), "", "required"});
    }
    give(f, entry.name, std::move(settings));
  }
  return f;
}

PolicyFamily verdicts() {
  const report::SaturationConfig config;
  PolicyFamily f = family("Saturation verdicts after the run", "--detectors",
                          report::saturation_detector_entries());
  give(f, "threshold",
       {key("threshold.threshold_ms", "ms", config.threshold_ms,
            "mean end-to-end latency at which a run counts as overloaded")});
  give(f, "backlog-drift",
       {key("backlog_drift.window_size_sec", "s", config.drift_window_s, "width of a window")});
  return f;
}

}  // namespace

std::vector<PolicyFamily> policy_families() {
  const Settings settings;
  std::vector<PolicyFamily> families;
  families.push_back(admission(settings));

  PolicyFamily& routing = families.emplace_back(
      family("Routing", "--routing-policy", gateway::routing_policy_entries()));
  give(routing, "weighted", settings.of_flags("routing-scorers"));
  give(routing, "script", settings.of_flags("policy-script"));
  routing.settings =
      settings.of_flags("routing-latency snapshot-refresh-interval cache-signal-delay");

  PolicyFamily& scorers = families.emplace_back(family(
      "Scorers of weighted routing", "--routing-scorers name:weight,…", gateway::scorer_entries()));
  give(scorers, "lora-affinity", settings.of_flags("lora-scorer-weight"));
  give(scorers, "script", settings.of_flags("policy-script"));

  PolicyFamily& saturation = families.emplace_back(family(
      "Saturation detectors", "--saturation-detector", gateway::saturation_detector_entries()));
  give(saturation, "utilization",
       settings.of_flags("queue-depth-threshold kv-cache-util-threshold"));
  give(saturation, "concurrency", settings.of_flags("max-concurrency"));
  saturation.settings = settings.of_flags("usage-limit-threshold dispatch-tick-interval");

  PolicyFamily& order = families.emplace_back(family(
      "Dispatch order of flow control", "--dispatch-order", gateway::dispatch_order_entries()));
  give(order, "slo-deadline", settings.of_flags("slo-targets"));
  order.settings = settings.of_flags(
      "max-gateway-queue-depth per-band-capacity request-ttl queue-shedding "
      "in-flight-eviction");
  families.push_back(
      family("Fairness of flow control", "--fairness-policy", gateway::fairness_policy_entries()));

  PolicyFamily& deciders =
      families.emplace_back(family("Disaggregation", "--pd-decider", disagg::decider_entries()));
  give(deciders, "prefix-threshold", settings.of_flags("pd-prefix-threshold"));
  deciders.settings =
      settings.of_flags("pd-transfer-bandwidth pd-transfer-base-latency pd-transfer-contention");
  families.push_back(family("Encode pool", "--encode-decider", disagg::encode_decider_entries()));

  PolicyFamily& schedulers =
      families.emplace_back(family("Schedulers", "--scheduler", engine::scheduler_entries()));
  give(schedulers, "script", settings.of_flags("policy-script"));
  families.push_back(
      family("Preemption", "--preemption-policy", engine::preemption_policy_entries()));

  PolicyFamily& latency = families.emplace_back(
      family("Latency models", "--latency-model", latency::latency_model_entries()));
  give(latency, "trained-physics", settings.of_flags("alpha-coeffs beta-coeffs"));

  PolicyFamily& caches = families.emplace_back(
      family("KV caches", "--kv-cpu-blocks, --kv-offload-config", kv::kv_store_entries()));
  give(caches, "cpu",
       settings.of_flags("kv-cpu-blocks kv-transfer-bandwidth kv-transfer-base-latency"));
  give(caches, "offload", settings.of_flags("kv-offload-config"));

  families.push_back(autoscaler_analyzers(settings));
  families.push_back(family("Autoscaler optimizers", "autoscaler.optimizer of the policy bundle",
                            control::optimizer_entries()));
  families.push_back(family("Scaling policies", "autoscaler.policy of the policy bundle",
                            control::scaling_policy_entries()));
  families.push_back(family("Metrics of an HPA", "autoscaler.targets of the policy bundle",
                            control::scaling_metric_entries()));
  families.push_back(family("Draining", "instance_lifecycle.drain of the policy bundle",
                            control::drain_policy_entries()));
  families.push_back(arrivals());
  families.push_back(lengths());
  families.push_back(verdicts());
  return families;
}

}  // namespace blis::config
