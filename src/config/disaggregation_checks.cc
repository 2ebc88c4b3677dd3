#include "config/disaggregation_checks.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "config/checks.h"
#include "config/flags/policy_names.h"

namespace blis::config {
namespace {

InputLocation at(std::string_view flag) { return {"", 0, std::string(flag)}; }

bool is_on(const std::string& decider) { return !decider.empty() && decider != "never"; }

/// Inert in run, refused in replay.
void inert(std::string_view flag, std::string_view why, CommandKind command,
           Diagnostics& diagnostics) {
  if (command == CommandKind::kReplay) throw ConfigError(at(flag), why);
  diagnostics.warn(fmt::format("{} has no effect: {}", flag, why));
}

void check_pool_values(std::string_view role, const PoolFlags& f) {
  if (f.tp.is_set) require_at_least(fmt::format("--{}-tp", role), *f.tp, 1);
  if (f.latency_model.is_set) {
    require_name(at(fmt::format("--{}-latency-model", role)), "latency model", *f.latency_model,
                 latency_model_names());
  }
  if (f.max_model_len.is_set) {
    require_at_least(fmt::format("--{}-max-model-len", role), *f.max_model_len, 1);
  }
}

void check_inert_pool(std::string_view role, const PoolFlags& f, CommandKind command,
                      Diagnostics& diagnostics) {
  constexpr std::string_view kWhy = "there are no --prefill-instances";
  const auto check = [&](bool is_set, std::string_view setting) {
    if (is_set) inert(fmt::format("--{}-{}", role, setting), kWhy, command, diagnostics);
  };
  check(f.tp.is_set, "tp");
  check(f.hardware.is_set, "hardware");
  check(f.latency_model.is_set, "latency-model");
  check(f.max_model_len.is_set, "max-model-len");
}

}  // namespace

PoolTopology resolve_topology(const DisaggregationFlags& f, std::int64_t num_instances) {
  const PoolTopology t{*f.prefill_instances, *f.decode_instances, *f.prefill_decode_instances,
                       *f.encode_instances};
  require_at_least("--prefill-instances", t.prefill, 0);
  require_at_least("--decode-instances", t.decode, 0);
  require_at_least("--prefill-decode-instances", t.shared, 0);
  require_at_least("--encode-instances", t.encode, 0);
  if (!t.any()) return t;
  if (t.prefill == 0 && t.decode == 0 && t.shared == 0) {
    throw ConfigError(at("--encode-instances"), "an encode pool needs instances that decode");
  }
  if (t.shared == 0 && (t.prefill == 0 || t.decode == 0)) {
    throw ConfigError(
        at(t.prefill == 0 ? "--prefill-instances" : "--decode-instances"),
        "without --prefill-decode-instances both the prefill and the decode pool need instances");
  }
  // One by one, so that enormous counts cannot wrap around.
  std::int64_t left = num_instances;
  for (const std::int64_t size : {t.prefill, t.decode, t.shared, t.encode}) {
    if (size > left) {
      throw ConfigError(
          at("--num-instances"),
          fmt::format("{} instances are fewer than the pools take ({} + {} + {} + {})",
                      num_instances, t.prefill, t.decode, t.shared, t.encode));
    }
    left -= size;
  }
  return t;
}

void check_disaggregation(const DisaggregationFlags& f, const PoolTopology& topology,
                          CommandKind command, Diagnostics& diagnostics) {
  require_name(at("--pd-decider"), "P/D decider", *f.pd_decider, pd_decider_names());
  require_name(at("--encode-decider"), "encode decider", *f.encode_decider, encode_decider_names());
  if (is_on(*f.encode_decider) && topology.encode == 0) {
    throw ConfigError(at("--encode-decider"),
                      fmt::format("\"{}\" needs --encode-instances", *f.encode_decider));
  }
  if (!is_on(*f.encode_decider) && topology.encode > 0) {
    diagnostics.warn("--encode-instances get no requests with --encode-decider never");
  }
  if (*f.pd_decider == "prefix-threshold") {
    require_at_least("--pd-prefix-threshold", *f.pd_prefix_threshold, 0);
  } else if (f.pd_prefix_threshold.is_set) {
    inert("--pd-prefix-threshold", "--pd-decider is not prefix-threshold", command, diagnostics);
  }

  if (topology.prefill > 0) {
    require_finite_above_zero("--pd-transfer-bandwidth", *f.pd_transfer_bandwidth);
    require_finite_at_least_zero("--pd-transfer-base-latency", *f.pd_transfer_base_latency);
    check_pool_values("prefill", f.prefill);
    check_pool_values("decode", f.decode);
    return;
  }
  // With a shared pool alone the decider does work, in spite of what the reference says [BUG] (spec
  // cli 21); replay refuses such a cluster all the same.
  if (is_on(*f.pd_decider) && (command == CommandKind::kReplay || topology.shared == 0)) {
    inert("--pd-decider", "there are no --prefill-instances", command, diagnostics);
  }
  check_inert_pool("prefill", f.prefill, command, diagnostics);
  check_inert_pool("decode", f.decode, command, diagnostics);
}

}  // namespace blis::config
