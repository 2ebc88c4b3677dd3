#include "config/policy_resolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/number_text.h"
#include "base/text.h"
#include "config/checks.h"
#include "config/flags/policy_names.h"
#include "gateway/scorer_config.h"

namespace blis::config {
namespace {

/// A set flag, else what the bundle says, else the flag's default.
template <typename T>
T pick(const Flag<T>& flag, const std::optional<T>& from_bundle) {
  return flag.is_set ? flag.value : from_bundle.value_or(flag.value);
}

std::string pick(const Flag<std::string>& flag, const std::string& from_bundle) {
  return flag.is_set || from_bundle.empty() ? flag.value : from_bundle;
}

// --- precedence, one line per setting (spec cli 3)
// -------------------------------------------------------------------

gateway::AdmissionConfig pick_admission(const GatewayFlags& f, const AdmissionBundle& b) {
  gateway::AdmissionConfig c;
  c.policy = pick(f.admission_policy, b.policy);
  c.token_bucket.capacity_tokens = pick(f.token_bucket_capacity, b.token_bucket_capacity);
  c.token_bucket.refill_tokens_per_s = pick(f.token_bucket_refill_rate, b.token_bucket_refill_rate);
  c.tier_shed.load_threshold = b.tier_shed_threshold.value_or(c.tier_shed.load_threshold);
  // Only a bundle that itself names tier-shed raises the default [QUIRK] (spec cli 10.2).
  c.tier_shed.min_priority = b.tier_shed_min_priority.value_or(
      b.policy == "tier-shed" ? gateway::kTierShedMinPriorityOfBundle : c.tier_shed.min_priority);
  c.gaie_legacy.queue_depth_threshold =
      b.gaie_qd_threshold.value_or(c.gaie_legacy.queue_depth_threshold);
  c.gaie_legacy.kv_utilization_threshold =
      b.gaie_kv_threshold.value_or(c.gaie_legacy.kv_utilization_threshold);
  return c;
}

gateway::FlowControlConfig pick_flow_control(const FlowControlFlags& f) {
  gateway::FlowControlConfig c;
  c.enabled = *f.flow_control;
  c.saturation.detector = *f.saturation_detector;
  c.saturation.queue_depth_threshold = *f.queue_depth_threshold;
  c.saturation.kv_utilization_threshold = *f.kv_cache_util_threshold;
  c.saturation.max_concurrency = *f.max_concurrency;
  c.max_queue_depth = *f.max_gateway_queue_depth;
  c.per_band_capacity = *f.per_band_capacity;
  c.usage_limit_threshold = *f.usage_limit_threshold;
  c.request_ttl = Micros(*f.request_ttl);
  c.queue_shedding = *f.queue_shedding;
  c.dispatch_tick_interval = Micros(*f.dispatch_tick_interval);
  c.in_flight_eviction = *f.in_flight_eviction;
  return c;
}

ResolvedPolicies pick_all(const SimulationFlags& f, const PolicyBundle& b) {
  ResolvedPolicies r;
  r.gateway.signals.refresh_interval = Micros(*f.gateway.snapshot_refresh_interval);
  r.gateway.signals.cache_signal_delay = Micros(*f.gateway.cache_signal_delay);
  r.gateway.admission = pick_admission(f.gateway, b.admission);
  r.gateway.admission.tenant_budgets = b.tenant_budgets;
  r.gateway.admission_latency = Micros(*f.gateway.admission_latency);
  r.gateway.routing.policy = pick(f.gateway.routing_policy, b.routing_policy);
  r.gateway.routing_latency = Micros(*f.gateway.routing_latency);
  r.gateway.flow_control = pick_flow_control(f.flow);
  r.gateway.trace.enabled = *f.output.trace_level == "decisions";
  r.gateway.trace.counterfactual_k = *f.output.counterfactual_k;
  r.scheduler = pick(f.engine.scheduler, b.scheduler);
  r.preemption_policy = pick(f.engine.preemption_policy, b.preemption_policy);
  r.slo_priorities = b.admission.slo_priorities;
  return r;
}

// --- checks, in the order of spec data-plane 18, last paragraph
// --------------------------------------------------------

InputLocation at(std::string_view flag) { return {"", 0, std::string(flag)}; }

void check_admission(const gateway::AdmissionConfig& c) {
  if (c.policy == "token-bucket") {
    require_finite_above_zero("--token-bucket-capacity", c.token_bucket.capacity_tokens);
    require_finite_above_zero("--token-bucket-refill-rate", c.token_bucket.refill_tokens_per_s);
  }
}

void check_kv_tier_flags(const KvTierFlags& f) {
  require_at_least("--kv-cpu-blocks", *f.kv_cpu_blocks, 0);
  if (!(*f.kv_offload_threshold >= 0 && *f.kv_offload_threshold <= 1)) {
    throw ConfigError(at("--kv-offload-threshold"),
                      fmt::format("{} is not in [0, 1]", *f.kv_offload_threshold));
  }
  if (*f.kv_cpu_blocks > 0)
    require_finite_above_zero("--kv-transfer-bandwidth", *f.kv_transfer_bandwidth);
  require_at_least("--kv-transfer-base-latency", *f.kv_transfer_base_latency, 0);
}

/// `class=µs,…`; an empty list is an empty map. SOURCE spec cli 4.3.
std::map<std::string, std::int64_t> parse_slo_targets(std::string_view text) {
  std::map<std::string, std::int64_t> targets;
  if (text.empty()) return targets;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      throw ConfigError(at("--slo-targets"), fmt::format("\"{}\" is not class=µs", item));
    }
    const std::string_view slo_class = trim(item.substr(0, equals));
    const std::string_view number = trim(item.substr(equals + 1));
    const auto target = parse_plain_int(number);
    if (slo_class.empty())
      throw ConfigError(at("--slo-targets"), fmt::format("\"{}\" has no class", item));
    if (!target || *target <= 0) {
      throw ConfigError(at("--slo-targets"),
                        fmt::format("\"{}\" is not a whole number of µs > 0", number));
    }
    targets[std::string(slo_class)] = *target;
  }
  return targets;
}

void resolve_flow_control(const FlowControlFlags& f, const AdmissionBundle& bundle,
                          gateway::FlowControlConfig& c, Diagnostics& diagnostics) {
  if (!c.enabled) {
    if (f.request_ttl.is_set && *f.request_ttl > 0)
      diagnostics.warn("--request-ttl has no effect without --flow-control");
    if (*f.queue_shedding)
      diagnostics.warn("--queue-shedding has no effect without --flow-control");
    if (*f.in_flight_eviction)
      diagnostics.warn("--in-flight-eviction has no effect without --flow-control");
    return;
  }
  require_name(at("--saturation-detector"), "saturation detector", *f.saturation_detector,
               saturation_gate_names());
  require_name(at("--dispatch-order"), "dispatch order", *f.dispatch_order, dispatch_order_names(),
               false);
  require_name(at("--fairness-policy"), "fairness policy", *f.fairness_policy,
               fairness_policy_names(), false);
  require_at_least("--max-gateway-queue-depth", c.max_queue_depth, 0);
  require_at_least("--per-band-capacity", c.per_band_capacity, 0);
  if (c.saturation.detector == "utilization") {
    require_finite_above_zero("--queue-depth-threshold", c.saturation.queue_depth_threshold);
    require_finite_above_zero("--kv-cache-util-threshold", c.saturation.kv_utilization_threshold);
  }
  if (c.saturation.detector == "concurrency")
    require_at_least("--max-concurrency", c.saturation.max_concurrency, 1);
  // NaN passes here and acts as 1 [QUIRK] (spec cli 4.3).
  require_share("--usage-limit-threshold", c.usage_limit_threshold, true);

  c.dispatch_order = gateway::parse_dispatch_order(*f.dispatch_order).value();
  c.fairness = gateway::parse_fairness_policy(*f.fairness_policy).value();
  c.slo_targets_us = parse_slo_targets(*f.slo_targets);
  if (c.slo_targets_us.empty()) c.slo_targets_us = bundle.slo_targets;

  if (c.saturation.detector.empty() || c.saturation.detector == "never") {
    diagnostics.warn("--flow-control with the detector never lets everything pass");
  }
  if (c.usage_limit_threshold < 1 && c.dispatch_order == gateway::DispatchOrder::kFifo) {
    diagnostics.warn("--usage-limit-threshold below 1 with --dispatch-order fifo");
  }
  if (!c.slo_targets_us.empty() && c.dispatch_order != gateway::DispatchOrder::kSloDeadline) {
    diagnostics.warn("SLO targets have no effect without --dispatch-order slo-deadline");
  }
}

void resolve_scorers(const SimulationFlags& f, const PolicyBundle& bundle,
                     gateway::RoutingConfig& c, Diagnostics& diagnostics) {
  if (c.policy == "weighted") {
    c.scorers = gateway::effective_scorers(
        gateway::parse_scorers(*f.gateway.routing_scorers, "--routing-scorers"),
        bundle.routing_scorers);
    if (f.gateway.lora_scorer_weight.is_set) {
      gateway::append_lora_scorer(c.scorers, *f.gateway.lora_scorer_weight);
    }
  } else {
    if (!f.gateway.routing_scorers->empty()) {
      diagnostics.warn("--routing-scorers has no effect without the weighted routing policy");
    }
    if (f.gateway.lora_scorer_weight.is_set) {
      diagnostics.warn("--lora-scorer-weight has no effect without the weighted routing policy");
    }
  }
  c.prefill_scorers =
      gateway::parse_scorers(*f.disagg.prefill.routing_scorers, "--prefill-routing-scorers");
  c.decode_scorers =
      gateway::parse_scorers(*f.disagg.decode.routing_scorers, "--decode-routing-scorers");
}

bool names_script(const std::vector<gateway::ScorerWeight>& scorers) {
  return std::ranges::find(scorers, "script", &gateway::ScorerWeight::name) != scorers.end();
}

/// What a script defines takes the place of defaults, never of what somebody chose. Comes before
/// the policies' names are checked.
void choose_scripted_policies(const SimulationFlags& f, const PolicyBundle& b,
                              ResolvedPolicies& r) {
  if (f.gateway.policy_script->empty()) return;
  r.script = script::load_policy_script(*f.gateway.policy_script, *f.control.seed);
  r.gateway.script = r.script;
  const auto choose = [](bool defined, bool is_chosen, std::string& policy) {
    if (defined && !is_chosen) policy = "script";
  };
  choose(r.script->has_score, f.gateway.routing_policy.is_set || !b.routing_policy.empty(),
         r.gateway.routing.policy);
  choose(r.script->has_admit, f.gateway.admission_policy.is_set || !b.admission.policy.empty(),
         r.gateway.admission.policy);
  choose(r.script->has_priority, f.engine.scheduler.is_set || !b.scheduler.empty(), r.scheduler);
}

/// Every policy called script needs its function, and every function should be asked. Comes when
/// all policies are known.
void check_scripted_policies(const SimulationFlags& f, const ResolvedPolicies& r,
                             Diagnostics& diagnostics) {
  const gateway::RoutingConfig& routing = r.gateway.routing;
  const bool routes = routing.policy == "script";
  const bool scores = names_script(routing.scorers) || names_script(routing.prefill_scorers) ||
                      names_script(routing.decode_scorers);
  const auto check = [&](std::string_view function, bool defined, bool is_asked,
                         std::string_view flag, std::string_view hint) {
    if (is_asked && !r.script) {
      throw ConfigError(at(flag), "script needs a script: --policy-script FILE");
    }
    if (is_asked && !defined) {
      throw ConfigError(at(flag), fmt::format("script needs the function {}(), which {} does not "
                                              "define",
                                              function, r.script->file));
    }
    if (defined && !is_asked) {
      diagnostics.warn(fmt::format("{}() of --policy-script has no effect with the chosen {}; {}",
                                   function, flag, hint));
    }
  };
  check("score", r.script && r.script->has_score, routes || scores,
        routes ? "--routing-policy" : "--routing-scorers",
        "use --routing-policy script, or weighted with --routing-scorers script:1");
  check("admit", r.script && r.script->has_admit, r.gateway.admission.policy == "script",
        "--admission-policy", "use --admission-policy script");
  check("priority", r.script && r.script->has_priority, r.scheduler == "script", "--scheduler",
        "use --scheduler script");
  if (r.gateway.admission.policy == "script" && *f.flow.flow_control) {
    diagnostics.warn(
        "admit() of --policy-script has no effect with --flow-control, which replaces the "
        "admission policy");
  }
}

}  // namespace

ResolvedPolicies resolve_policies(const SimulationFlags& flags, const PolicyBundle& bundle,
                                  Diagnostics& diagnostics) {
  ResolvedPolicies r = pick_all(flags, bundle);
  choose_scripted_policies(flags, bundle, r);

  check_admission(r.gateway.admission);
  require_name(at("--admission-policy"), "admission policy", r.gateway.admission.policy,
               admission_policy_names());
  require_name(at("--routing-policy"), "routing policy", r.gateway.routing.policy,
               routing_policy_names());
  require_name(at("--scheduler"), "scheduler", r.scheduler, scheduler_names());
  require_name(at("--preemption-policy"), "preemption policy", r.preemption_policy,
               preemption_policy_names());
  require_name(at("--trace-level"), "trace level", *flags.output.trace_level, trace_level_names());
  require_at_least("--counterfactual-k", *flags.output.counterfactual_k, 0);
  check_kv_tier_flags(flags.kv);
  require_at_least("--snapshot-refresh-interval", *flags.gateway.snapshot_refresh_interval, 0);
  require_at_least("--cache-signal-delay", *flags.gateway.cache_signal_delay, 0);
  require_at_least("--admission-latency", *flags.gateway.admission_latency, 0);
  require_at_least("--routing-latency", *flags.gateway.routing_latency, 0);
  resolve_flow_control(flags.flow, bundle.admission, r.gateway.flow_control, diagnostics);
  require_at_least("--request-ttl", *flags.flow.request_ttl, 0);
  require_at_least("--dispatch-tick-interval", *flags.flow.dispatch_tick_interval, 0);
  resolve_scorers(flags, bundle, r.gateway.routing, diagnostics);
  check_scripted_policies(flags, r, diagnostics);

  if (!r.gateway.trace.enabled) {
    if (*flags.output.counterfactual_k > 0)
      diagnostics.warn("--counterfactual-k has no effect with --trace-level none");
    if (*flags.output.summarize_trace)
      diagnostics.warn("--summarize-trace has no effect with --trace-level none");
  }
  if (!bundle.priority_policy.empty() && bundle.priority_policy != "constant") {
    diagnostics.warn("priority.policy of the policy bundle has no effect", bundle.priority_policy);
  }
  return r;
}

}  // namespace blis::config
