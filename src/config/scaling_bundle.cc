#include "config/scaling_bundle.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "config/flags/policy_names.h"
#include "gateway/signals.h"

namespace blis::config {
namespace {

constexpr auto kRoles = std::to_array<std::string_view>({"decode", "encode", "prefill", "shared"});
constexpr gateway::PoolRoles kRoleValues[] = {gateway::kDecodeRole, gateway::kEncodeRole,
                                              gateway::kPrefillRole, gateway::kSharedRole};
constexpr auto kSelectPolicies = std::to_array<std::string_view>({"Disabled", "Max", "Min"});
constexpr control::SelectPolicy kSelectValues[] = {
    control::SelectPolicy::kDisabled, control::SelectPolicy::kMax, control::SelectPolicy::kMin};
constexpr auto kRateTypes = std::to_array<std::string_view>({"Percent", "Pods"});
constexpr double kMaxSeconds = 1e9;

void refuse(const YamlNode& node, YamlErrors& errors, std::string_view message) {
  errors.add(node.key_line(), node.path(), message);
}

/// The position of the key's value in `names`; nullopt if absent or unknown (reported).
std::optional<std::size_t> read_choice(YamlFields& fields, std::string_view key,
                                       std::string_view what, Names names, YamlErrors& errors) {
  const auto node = fields.node(key);
  if (!node) return std::nullopt;
  const auto value = node->as_string(errors);
  if (!value) return std::nullopt;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *value) return i;
  }
  refuse(*node, errors, unknown_name(what, *value, names));
  return std::nullopt;
}

void read_name(YamlFields& fields, std::string_view key, std::string_view what, Names names,
               std::string& out, YamlErrors& errors) {
  if (const auto i = read_choice(fields, key, what, names, errors)) out = names[*i];
}

/// A number in [low, high]; `low_open` excludes low itself. False if it is absent or refused.
bool read_number(YamlFields& fields, std::string_view key, double low, double high,
                 std::string_view allowed, double& out, YamlErrors& errors, bool low_open = false) {
  const auto node = fields.node(key);
  if (!node) return false;
  const auto value = node->as_double(errors);
  if (!value) return false;
  const bool inside =
      std::isfinite(*value) && (low_open ? *value > low : *value >= low) && *value <= high;
  if (!inside) {
    refuse(*node, errors, fmt::format("{} is not {}", *value, allowed));
    return false;
  }
  out = *value;
  return true;
}

bool read_count(YamlFields& fields, std::string_view key, std::int64_t low, std::int64_t& out,
                YamlErrors& errors) {
  const auto node = fields.node(key);
  if (!node) return false;
  const auto value = node->as_int(errors);
  if (!value) return false;
  if (*value < low || *value > 1'000'000) {
    refuse(*node, errors, fmt::format("{} is not in [{}, 1000000]", *value, low));
    return false;
  }
  out = *value;
  return true;
}

bool read_seconds(YamlFields& fields, std::string_view key, Micros& out, YamlErrors& errors,
                  bool may_be_zero) {
  double seconds = 0;
  const std::string_view allowed = may_be_zero ? "a number of seconds >= 0, at most 1e9"
                                               : "a number of seconds > 0, at most 1e9";
  if (!read_number(fields, key, 0, kMaxSeconds, allowed, seconds, errors, !may_be_zero)) {
    return false;
  }
  out = Micros::truncate(seconds * 1e6);
  return true;
}

bool read_micros(YamlFields& fields, std::string_view key, Micros& out, YamlErrors& errors,
                 bool may_be_zero) {
  double us = 0;
  const std::string_view allowed =
      may_be_zero ? "in [0, 1e15]" : "a number of µs of at least 1, at most 1e15";
  if (!read_number(fields, key, may_be_zero ? 0 : 1, 1e15, allowed, us, errors)) return false;
  out = Micros::truncate(us);
  return true;
}

void read_direction(YamlFields& behavior, std::string_view key, control::HpaDirection& out,
                    YamlErrors& errors) {
  const auto node = behavior.node(key);
  if (!node) return;
  YamlFields fields(*node, errors);
  read_seconds(fields, "stabilizationWindowSeconds", out.stabilization_window, errors, true);
  read_number(fields, "tolerance", 0, 1e6, "finite and >= 0", out.tolerance, errors);
  if (const auto i =
          read_choice(fields, "selectPolicy", "select policy", kSelectPolicies, errors)) {
    out.select = kSelectValues[*i];
  }
  const auto policies = fields.list("policies");
  if (!policies) return;
  out.policies.clear();
  for (const YamlNode& item : *policies) {
    YamlFields policy(item, errors);
    control::HpaRatePolicy rate;
    const auto type = read_choice(policy, "type", "type of rate policy", kRateTypes, errors);
    const bool has_value = read_count(policy, "value", 1, rate.value, errors);
    const bool has_period = read_seconds(policy, "periodSeconds", rate.period, errors, false);
    if (!type || !has_value || !has_period) {
      refuse(item, errors, "needs type, value and periodSeconds");
      continue;
    }
    rate.is_percent = *type == 0;
    out.policies.push_back(rate);
  }
}

void read_metrics(YamlFields& target, control::HpaConfig& out, YamlErrors& errors) {
  const auto metrics = target.list("metrics");
  if (!metrics) return;
  for (const YamlNode& item : *metrics) {
    YamlFields fields(item, errors);
    control::HpaMetric metric;
    read_name(fields, "name", "scaling metric", scaling_metric_names(), metric.name, errors);
    const bool has_target =
        read_number(fields, "target", 0, 1e15, "finite and > 0", metric.target, errors, true);
    if (metric.name.empty() || !has_target) {
      refuse(item, errors, "needs name and target");
      continue;
    }
    out.metrics.push_back(std::move(metric));
  }
}

control::ScaleTarget read_target(const YamlNode& item, bool is_hpa, YamlErrors& errors) {
  control::ScaleTarget target;
  YamlFields fields(item, errors);
  if (const auto i = read_choice(fields, "role", "role", kRoles, errors)) {
    target.roles = kRoleValues[*i];
  }
  read_count(fields, "min_replicas", 0, target.min_replicas, errors);
  const bool has_max = read_count(fields, "max_replicas", 1, target.max_replicas, errors);
  if (target.min_replicas > target.max_replicas) {
    refuse(item, errors,
           fmt::format("min_replicas {} is above max_replicas {}", target.min_replicas,
                       target.max_replicas));
  }
  read_micros(fields, "idle_timeout_us", target.idle_timeout, errors, false);
  read_metrics(fields, target.hpa, errors);
  const auto behavior = fields.node("behavior");
  if (behavior) {
    YamlFields directions(*behavior, errors);
    read_direction(directions, "scaleUp", target.hpa.up, errors);
    read_direction(directions, "scaleDown", target.hpa.down, errors);
  }
  if (is_hpa && target.hpa.metrics.empty()) refuse(item, errors, "needs metrics for policy hpa");
  if (is_hpa && !has_max) refuse(item, errors, "needs max_replicas for policy hpa");
  if (!is_hpa && (!target.hpa.metrics.empty() || behavior)) {
    refuse(item, errors, "metrics and behavior have no effect without policy: hpa");
  }
  return target;
}

control::ScheduledAction read_action(const YamlNode& item,
                                     const std::vector<control::ScaleTarget>& targets,
                                     YamlErrors& errors) {
  control::ScheduledAction action;
  YamlFields fields(item, errors);
  if (const auto i = read_choice(fields, "role", "role", kRoles, errors)) {
    action.roles = kRoleValues[*i];
  }
  if (!read_micros(fields, "at_us", action.at, errors, true)) {
    refuse(item, errors, "needs at_us, when it is carried out first");
  }
  read_micros(fields, "every_us", action.every, errors, false);
  const auto read_optional = [&](std::string_view key, std::int64_t low,
                                 std::optional<std::int64_t>& out) {
    std::int64_t value = 0;
    if (read_count(fields, key, low, value, errors)) out = value;
  };
  read_optional("min_replicas", 0, action.min_replicas);
  read_optional("max_replicas", 1, action.max_replicas);
  read_optional("desired_replicas", 0, action.desired_replicas);
  if (!action.min_replicas && !action.max_replicas && !action.desired_replicas) {
    refuse(item, errors, "changes nothing: give min_replicas, max_replicas or desired_replicas");
  }
  if (action.min_replicas && action.max_replicas && *action.min_replicas > *action.max_replicas) {
    refuse(item, errors,
           fmt::format("min_replicas {} is above max_replicas {}", *action.min_replicas,
                       *action.max_replicas));
  }
  for (const control::ScaleTarget& target : targets) {
    if (target.roles == action.roles) return action;
  }
  refuse(item, errors, "there is no target with its role in autoscaler.targets");
  return action;
}

}  // namespace

control::DrainConfig read_drain(const YamlNode& node, YamlErrors& errors) {
  control::DrainConfig drain;
  YamlFields fields(node, errors);
  read_name(fields, "policy", "drain policy", drain_policy_names(), drain.policy, errors);
  const bool has_timeout = read_micros(fields, "timeout_us", drain.timeout, errors, false);
  if (has_timeout && (drain.policy == "reference" || drain.policy == "IMMEDIATE")) {
    refuse(node, errors, "timeout_us has no effect unless policy is WAIT or REDIRECT");
  }
  return drain;
}

void read_scaling(YamlFields& autoscaler, ScalingBundle& out, YamlErrors& errors) {
  const auto policy = autoscaler.node("policy");
  read_name(autoscaler, "policy", "scaling policy", scaling_policy_names(), out.policy, errors);
  const bool is_hpa = out.policy == "hpa";
  if (const auto node = autoscaler.node("optimizer"); node && is_hpa) {
    refuse(*node, errors, "has no effect with policy hpa");
  }
  read_name(autoscaler, "optimizer", "optimizer", optimizer_names(), out.optimizer, errors);
  const auto targets = autoscaler.list("targets");
  if (targets) {
    for (const YamlNode& item : *targets) {
      control::ScaleTarget target = read_target(item, is_hpa, errors);
      for (const control::ScaleTarget& other : out.targets) {
        if (other.roles == target.roles) refuse(item, errors, "is the second target of its role");
        if (other.roles != target.roles &&
            (other.roles == gateway::kNoRole || target.roles == gateway::kNoRole)) {
          refuse(item, errors, "of several targets each needs a role");
        }
      }
      out.targets.push_back(std::move(target));
    }
  }
  const auto schedule = autoscaler.list("schedule");
  if (schedule) {
    for (const YamlNode& item : *schedule) {
      out.schedule.push_back(read_action(item, out.targets, errors));
    }
  }
  const bool needs_targets = is_hpa || out.policy == "scheduled";
  if (needs_targets && out.targets.empty()) {
    refuse(*policy, errors, fmt::format("{} needs targets", out.policy));
  }
}

}  // namespace blis::config
