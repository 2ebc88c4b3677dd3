#include "config/policy_bundle.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/output_file.h"
#include "base/yaml_reader.h"
#include "config/flags/policy_names.h"
#include "gateway/scorer_config.h"

namespace blis::config {
namespace {

// --- form: keys and types
// --------------------------------------------------------------------------------------------

void read_delay(YamlFields& parent, std::string_view key, DelaySpec& delay, YamlErrors& errors) {
  const auto node = parent.node(key);
  if (!node) return;
  YamlFields fields(*node, errors);
  fields.read("mean", delay.mean_s);
  fields.read("stddev", delay.stddev_s);
}

std::map<std::string, std::int64_t> read_int_map(YamlFields& parent, std::string_view key,
                                                 YamlErrors& errors) {
  std::map<std::string, std::int64_t> values;
  const auto entries = parent.entries(key);
  if (!entries) return values;
  for (const auto& [name, node] : *entries) {
    if (node.is_null()) {
      values[name] = 0;
    } else if (const auto value = node.as_int(errors)) {
      values[name] = *value;
    }
  }
  return values;
}

void read_admission(const YamlNode& node, AdmissionBundle& out, YamlErrors& errors) {
  YamlFields fields(node, errors);
  fields.read("policy", out.policy);
  fields.read("token_bucket_capacity", out.token_bucket_capacity);
  fields.read("token_bucket_refill_rate", out.token_bucket_refill_rate);
  fields.read("tier_shed_threshold", out.tier_shed_threshold);
  fields.read("tier_shed_min_priority", out.tier_shed_min_priority);
  fields.read("gaie_qd_threshold", out.gaie_qd_threshold);
  fields.read("gaie_kv_threshold", out.gaie_kv_threshold);
  out.slo_priorities = read_int_map(fields, "slo_priorities", errors);
  out.slo_targets = read_int_map(fields, "slo_targets", errors);
}

void read_routing(const YamlNode& node, PolicyBundle& out, YamlErrors& errors) {
  YamlFields fields(node, errors);
  fields.read("policy", out.routing_policy);
  fields.read("empty_fleet_hold_us", out.routing_empty_fleet_hold_us);
  const auto scorers = fields.list("scorers");
  if (!scorers) return;
  for (const YamlNode& item : *scorers) {
    gateway::ScorerWeight& scorer = out.routing_scorers.emplace_back();
    YamlFields scorer_fields(item, errors);
    scorer_fields.read("name", scorer.name);
    scorer_fields.read("weight", scorer.weight);
  }
}

/// A section whose only key is `policy`.
void read_policy_section(YamlFields& parent, std::string_view key, std::string& out,
                         YamlErrors& errors) {
  const auto node = parent.node(key);
  if (!node) return;
  YamlFields fields(*node, errors);
  fields.read("policy", out);
}

void read_autoscaler(const YamlNode& node, AutoscalerBundle& out, YamlErrors& errors) {
  YamlFields fields(node, errors);
  fields.read("interval_us", out.interval_us);
  fields.read("scale_up_stabilization_window_us", out.scale_up_stabilization_window_us);
  fields.read("scale_down_stabilization_window_us", out.scale_down_stabilization_window_us);
  read_delay(fields, "hpa_scrape_delay", out.hpa_scrape_delay, errors);
  read_scaling(fields, out.scaling, errors);
  if (const auto analyzer = fields.node("analyzer")) {
    YamlFields analyzer_fields(*analyzer, errors);
    analyzer_fields.read("kv_cache_threshold", out.kv_cache_threshold);
    analyzer_fields.read("scale_up_threshold", out.scale_up_threshold);
    analyzer_fields.read("scale_down_boundary", out.scale_down_boundary);
    analyzer_fields.read("avg_input_tokens", out.avg_input_tokens);
  }
}

void read_node_pool(const YamlNode& node, NodePoolBundle& out, YamlErrors& errors) {
  YamlFields fields(node, errors);
  fields.read("name", out.name);
  fields.read("gpu_type", out.gpu_type);
  fields.read("gpus_per_node", out.gpus_per_node);
  fields.read("gpu_memory_gib", out.gpu_memory_gib);
  fields.read("initial_nodes", out.initial_nodes);
  fields.read("min_nodes", out.min_nodes);
  fields.read("max_nodes", out.max_nodes);
  read_delay(fields, "provisioning_delay", out.provisioning_delay, errors);
  fields.read("cost_per_hour", out.cost_per_hour);
}

void read_placement(const YamlNode& node, PlacementBundle& out, YamlErrors& errors) {
  YamlFields fields(node, errors);
  fields.read("retry", out.retry);
  fields.read("hardware_of_node", out.hardware_of_node);
  fields.read("gpus_of_instance", out.gpus_of_instance);
}

void read_failure_clock(YamlFields& parent, std::string_view key,
                        std::optional<FailureClockBundle>& out, YamlErrors& errors) {
  const auto node = parent.node(key);
  if (!node) return;
  FailureClockBundle& clock = out.emplace();
  YamlFields fields(*node, errors);
  fields.read("mtbf_s", clock.mtbf_s);
  fields.read("mttr_s", clock.mttr_s);
}

void read_failures(const YamlNode& node, FailureBundle& out, YamlErrors& errors) {
  YamlFields fields(node, errors);
  read_failure_clock(fields, "gpu", out.gpu, errors);
  read_failure_clock(fields, "node", out.node, errors);
  read_failure_clock(fields, "instance", out.instance, errors);
  fields.read("requests", out.requests);
  fields.read("max_retries", out.max_retries);
  fields.read("retry_delay_s", out.retry_delay_s);
}

void read_bundle(const YamlNode& root, PolicyBundle& out, YamlErrors& errors) {
  YamlFields fields(root, errors);
  if (const auto node = fields.node("admission")) read_admission(*node, out.admission, errors);
  if (const auto node = fields.node("routing")) read_routing(*node, out, errors);
  read_policy_section(fields, "priority", out.priority_policy, errors);
  fields.read("scheduler", out.scheduler);
  read_policy_section(fields, "preemption", out.preemption_policy, errors);
  if (const auto budgets = fields.entries("tenant_budgets")) {
    auto& shares = out.tenant_budgets.emplace();
    for (const auto& [tenant, node] : *budgets) {
      if (node.is_null()) {
        shares[tenant] = 0;
      } else if (const auto share = node.as_double(errors)) {
        shares[tenant] = *share;
      }
    }
  }
  if (const auto node = fields.node("autoscaler")) read_autoscaler(*node, out.autoscaler, errors);
  if (const auto pools = fields.list("node_pools")) {
    for (const YamlNode& item : *pools) read_node_pool(item, out.node_pools.emplace_back(), errors);
  }
  if (const auto node = fields.node("instance_lifecycle")) {
    YamlFields lifecycle(*node, errors);
    read_delay(lifecycle, "loading_delay", out.instance_lifecycle.loading_delay, errors);
    lifecycle.read("warm_start_initial_instances",
                   out.instance_lifecycle.warm_start_initial_instances);
    if (const auto drain = lifecycle.node("drain")) {
      out.instance_lifecycle.drain = read_drain(*drain, errors);
    }
  }
  if (const auto node = fields.node("placement")) read_placement(*node, out.placement, errors);
  if (const auto node = fields.node("node_provisioning")) {
    YamlFields provisioning(*node, errors);
    provisioning.read("idle_time_s", out.node_provisioning.emplace().idle_time_s);
  }
  if (const auto node = fields.node("failures")) {
    read_failures(*node, out.failures.emplace(), errors);
  }
}

// --- content: values, in the order of spec data-plane 18
// -------------------------------------------------------------

/// Lines of all keys of a document by path, for messages about their values.
void collect_lines(const YamlNode& node, std::map<std::string, int>& lines, YamlErrors& scratch) {
  lines[node.path()] = node.line();
  if (node.is_map()) {
    if (const auto entries = node.as_entries(scratch)) {
      for (const auto& [key, child] : *entries) collect_lines(child, lines, scratch);
    }
  } else if (node.is_list()) {
    if (const auto items = node.as_list(scratch)) {
      for (const YamlNode& item : *items) collect_lines(item, lines, scratch);
    }
  }
}

class BundleChecker {
 public:
  BundleChecker(const std::string& file, std::map<std::string, int> lines)
      : file_(file), lines_(std::move(lines)) {}

  void fail(const std::string& key, std::string_view message) {
    messages_.push_back(format_error({file_, line_of(key), key}, message));
  }

  void name(const std::string& key, std::string_view what, const std::string& value, Names names) {
    if (!value.empty() && !contains(names, value)) fail(key, unknown_name(what, value, names));
  }
  /// low <= value <= high and not NaN; `low_open` excludes low itself.
  void range(const std::string& key, double value, double low, double high,
             std::string_view allowed, bool low_open = false) {
    const bool inside =
        std::isfinite(value) && (low_open ? value > low : value >= low) && value <= high;
    if (!inside) fail(key, fmt::format("{} is not {}", value, allowed));
  }
  void at_least_zero(const std::string& key, double value) {
    range(key, value, 0, kMax, "finite and >= 0");
  }
  void above_zero(const std::string& key, double value) {
    range(key, value, 0, kMax, "finite and > 0", true);
  }
  void at_least(const std::string& key, std::int64_t value, std::int64_t low) {
    if (value < low) fail(key, fmt::format("{} is not >= {}", value, low));
  }
  /// A length of time that adds up without overflow, however often.
  void seconds(const std::string& key, double value, bool zero_is_allowed) {
    constexpr double kThirtyYears = 1e9;
    range(key, value, 0, kThirtyYears, zero_is_allowed ? "in [0, 1e9]" : "in (0, 1e9]",
          /*low_open=*/!zero_is_allowed);
  }
  void delay(const std::string& key, const DelaySpec& value) {
    at_least_zero(key + ".mean", value.mean_s);
    at_least_zero(key + ".stddev", value.stddev_s);
  }
  void scorers(const std::string& key, const std::vector<gateway::ScorerWeight>& list) {
    try {
      gateway::check_scorers(list, key);
    } catch (const ConfigError& error) {
      messages_.push_back(format_error({file_, line_of(key), ""}, error.what()));
    }
  }
  void throw_if_any() const {
    if (messages_.empty()) return;
    std::string all;
    for (const std::string& message : messages_) {
      if (!all.empty()) all += '\n';
      all += message;
    }
    throw ConfigError(all);
  }

 private:
  /// Of an absent key: the line of what it is absent from.
  int line_of(std::string key) const {
    while (!key.empty()) {
      const auto line = lines_.find(key);
      if (line != lines_.end()) return line->second;
      const std::size_t dot = key.rfind('.');
      key.resize(dot == std::string::npos ? 0 : dot);
    }
    return 0;
  }

  static constexpr double kMax = std::numeric_limits<double>::max();
  const std::string& file_;
  std::map<std::string, int> lines_;
  std::vector<std::string> messages_;
};

void check_admission(const AdmissionBundle& b, BundleChecker& check) {
  if (b.token_bucket_capacity) {
    check.at_least_zero("admission.token_bucket_capacity", *b.token_bucket_capacity);
  }
  if (b.token_bucket_refill_rate) {
    check.at_least_zero("admission.token_bucket_refill_rate", *b.token_bucket_refill_rate);
  }
  if (b.tier_shed_threshold)
    check.at_least("admission.tier_shed_threshold", *b.tier_shed_threshold, 0);
  if (b.gaie_qd_threshold) check.above_zero("admission.gaie_qd_threshold", *b.gaie_qd_threshold);
  if (b.gaie_kv_threshold) {
    check.range("admission.gaie_kv_threshold", *b.gaie_kv_threshold, 0, 1, "in (0, 1]", true);
  }
}

void check_autoscaler(const AutoscalerBundle& b, BundleChecker& check) {
  check.at_least_zero("autoscaler.interval_us", b.interval_us);
  check.at_least_zero("autoscaler.scale_up_stabilization_window_us",
                      b.scale_up_stabilization_window_us);
  check.at_least_zero("autoscaler.scale_down_stabilization_window_us",
                      b.scale_down_stabilization_window_us);
  check.delay("autoscaler.hpa_scrape_delay", b.hpa_scrape_delay);
  // 0 stands for the default of each.
  const std::string analyzer = "autoscaler.analyzer.";
  if (b.kv_cache_threshold != 0) {
    check.range(analyzer + "kv_cache_threshold", b.kv_cache_threshold, 0, 1, "0 or in (0, 1]",
                true);
  }
  if (b.scale_up_threshold != 0)
    check.above_zero(analyzer + "scale_up_threshold", b.scale_up_threshold);
  if (b.scale_down_boundary != 0) {
    check.above_zero(analyzer + "scale_down_boundary", b.scale_down_boundary);
  }
  if (b.avg_input_tokens != 0) check.above_zero(analyzer + "avg_input_tokens", b.avg_input_tokens);
  const double up = b.scale_up_threshold != 0 ? b.scale_up_threshold : 0.8;
  const double down = b.scale_down_boundary != 0 ? b.scale_down_boundary : 0.4;
  if (!(down < up)) {
    check.fail(analyzer + "scale_down_boundary",
               fmt::format("{} is not below the scale-up threshold {}", down, up));
  }
}

void check_node_pool(const std::string& key, const NodePoolBundle& pool, BundleChecker& check) {
  if (pool.name.empty()) check.fail(key + ".name", "is required");
  if (pool.gpu_type.empty()) check.fail(key + ".gpu_type", "is required");
  check.at_least(key + ".gpus_per_node", pool.gpus_per_node, 1);
  check.above_zero(key + ".gpu_memory_gib", pool.gpu_memory_gib);
  check.at_least(key + ".initial_nodes", pool.initial_nodes, 0);
  check.at_least(key + ".min_nodes", pool.min_nodes, 0);
  if (pool.max_nodes < pool.initial_nodes) {
    check.fail(key + ".max_nodes",
               fmt::format("{} is below initial_nodes {}", pool.max_nodes, pool.initial_nodes));
  }
  if (pool.min_nodes > pool.max_nodes) {
    check.fail(key + ".min_nodes",
               fmt::format("{} is above max_nodes {}", pool.min_nodes, pool.max_nodes));
  }
  check.delay(key + ".provisioning_delay", pool.provisioning_delay);
  check.at_least_zero(key + ".cost_per_hour", pool.cost_per_hour);
}

void check_failures(const FailureBundle& b, bool has_node_pools, BundleChecker& check) {
  if (!b.gpu && !b.node && !b.instance) {
    check.fail("failures", "nothing fails: give gpu, node or instance");
  }
  const auto check_clock = [&](const std::string& key,
                               const std::optional<FailureClockBundle>& clock, bool needs_nodes) {
    if (!clock) return;
    check.seconds(key + ".mtbf_s", clock->mtbf_s, /*zero_is_allowed=*/false);
    check.seconds(key + ".mttr_s", clock->mttr_s, /*zero_is_allowed=*/true);
    if (needs_nodes && !has_node_pools) check.fail(key, "needs node_pools: there are no machines");
  };
  check_clock("failures.gpu", b.gpu, true);
  check_clock("failures.node", b.node, true);
  check_clock("failures.instance", b.instance, false);
  if (b.requests != "retry" && b.requests != "lose") {
    check.fail("failures.requests", unknown_name("treatment of requests", b.requests,
                                                 std::vector<std::string_view>{"lose", "retry"}));
  }
  if (b.max_retries) check.at_least("failures.max_retries", *b.max_retries, 1);
  if (b.retry_delay_s) {
    check.seconds("failures.retry_delay_s", *b.retry_delay_s, /*zero_is_allowed=*/true);
  }
}

void check_bundle(const PolicyBundle& b, BundleChecker& check) {
  check.name("admission.policy", "admission policy", b.admission.policy, admission_policy_names());
  check.name("routing.policy", "routing policy", b.routing_policy, routing_policy_names());
  check.name("scheduler", "scheduler", b.scheduler, scheduler_names());
  check.name("preemption.policy", "preemption policy", b.preemption_policy,
             preemption_policy_names());
  check_admission(b.admission, check);
  if (b.tenant_budgets) {
    for (const auto& [tenant, share] : *b.tenant_budgets) {
      check.range("tenant_budgets." + tenant, share, 0, 1, "in [0, 1]");
    }
  }
  check.scorers("routing.scorers", b.routing_scorers);
  check.range("routing.empty_fleet_hold_us", b.routing_empty_fleet_hold_us, 0, 1e15,
              "in [0, 1e15]");
  check_autoscaler(b.autoscaler, check);
  for (std::size_t i = 0; i < b.node_pools.size(); ++i) {
    const std::string key = fmt::format("node_pools[{}]", i);
    check_node_pool(key, b.node_pools[i], check);
    // The reference crashes on the second of two equal names (spec control-plane 2.4 [BUG]); we say
    // what is wrong.
    for (std::size_t k = 0; k < i; ++k) {
      if (!b.node_pools[i].name.empty() && b.node_pools[k].name == b.node_pools[i].name) {
        check.fail(key + ".name",
                   fmt::format("\"{}\" is the name of two pools", b.node_pools[i].name));
      }
    }
  }
  check.delay("instance_lifecycle.loading_delay", b.instance_lifecycle.loading_delay);
  if (b.node_provisioning) {
    check.seconds("node_provisioning.idle_time_s", b.node_provisioning->idle_time_s,
                  /*zero_is_allowed=*/true);
    if (b.node_pools.empty()) check.fail("node_provisioning", "needs node_pools to start nodes of");
  }
  if (b.failures) check_failures(*b.failures, !b.node_pools.empty(), check);
  for (const auto& [slo_class, priority] : b.admission.slo_priorities) {
    if (priority < -100 || priority > 100) {
      check.fail("admission.slo_priorities." + slo_class,
                 fmt::format("{} is not in [-100, 100]", priority));
    }
  }
}

}  // namespace

PolicyBundle parse_policy_bundle(std::string_view text, const std::string& file) {
  const auto root = parse_yaml(text, file);
  if (!root) throw ConfigError({file, 0, ""}, "the policy bundle is empty");
  PolicyBundle bundle;
  YamlErrors errors(file);
  if (!root->is_null()) read_bundle(*root, bundle, errors);
  errors.throw_if_any();

  std::map<std::string, int> lines;
  YamlErrors scratch(file);  // what it would collect has been reported above
  collect_lines(*root, lines, scratch);
  BundleChecker check(file, std::move(lines));
  check_bundle(bundle, check);
  check.throw_if_any();
  return bundle;
}

PolicyBundle load_policy_bundle(const std::string& file) {
  return parse_policy_bundle(read_file(file), file);
}

}  // namespace blis::config
