// The policy bundle: every key, every violation. SOURCE spec data-plane 18, control-plane 2.1.

#include "config/policy_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace blis::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

PolicyBundle parse(const std::string& text) { return parse_policy_bundle(text, "p.yaml"); }

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(PolicyBundle, ReadsEveryKey) {
  const PolicyBundle b = parse(R"(
admission:
  policy: tier-shed
  token_bucket_capacity: 5000
  token_bucket_refill_rate: 2.5
  tier_shed_threshold: 7
  tier_shed_min_priority: -2
  gaie_qd_threshold: 6
  gaie_kv_threshold: 0.7
  slo_priorities: {critical: 9, mine: -100}
  slo_targets: {critical: 250000}
routing:
  policy: weighted
  empty_fleet_hold_us: 5e6
  scorers:
    - {name: queue-depth, weight: 2}
    - {name: vllm-dp, weight: 0.5}
priority: {policy: constant}
scheduler: sjf
preemption: {policy: priority}
tenant_budgets: {a: 0.25, b: 1}
autoscaler:
  interval_us: 1e6
  scale_up_stabilization_window_us: 10
  scale_down_stabilization_window_us: 20
  hpa_scrape_delay: {mean: 1, stddev: 0.5}
  analyzer: {kv_cache_threshold: 0.9, scale_up_threshold: 0.7, scale_down_boundary: 0.3, avg_input_tokens: 100}
node_pools:
  - name: big
    gpu_type: H100
    gpus_per_node: 8
    gpu_memory_gib: 80
    initial_nodes: 1
    min_nodes: 1
    max_nodes: 4
    provisioning_delay: {mean: 60, stddev: 5}
    cost_per_hour: 12.5
instance_lifecycle:
  loading_delay: {mean: 30, stddev: 3}
  warm_start_initial_instances: yes
placement: {retry: yes, hardware_of_node: true, gpus_of_instance: on}
node_provisioning: {idle_time_s: 90}
failures:
  gpu: {mtbf_s: 1e6, mttr_s: 3600}
  node: {mtbf_s: 2e6, mttr_s: 7200}
  instance: {mtbf_s: 3e5}
  requests: lose
  max_retries: 5
  retry_delay_s: 0.5
)");
  EXPECT_EQ(b.admission.policy, "tier-shed");
  EXPECT_EQ(b.admission.token_bucket_capacity, 5000);
  EXPECT_EQ(b.admission.token_bucket_refill_rate, 2.5);
  EXPECT_EQ(b.admission.tier_shed_threshold, 7);
  EXPECT_EQ(b.admission.tier_shed_min_priority, -2);
  EXPECT_EQ(b.admission.gaie_qd_threshold, 6);
  EXPECT_EQ(b.admission.gaie_kv_threshold, 0.7);
  EXPECT_THAT(b.admission.slo_priorities, ElementsAre(Pair("critical", 9), Pair("mine", -100)));
  EXPECT_THAT(b.admission.slo_targets, ElementsAre(Pair("critical", 250000)));
  EXPECT_EQ(b.routing_policy, "weighted");
  EXPECT_EQ(b.routing_empty_fleet_hold_us, 5e6);
  EXPECT_THAT(b.routing_scorers, ElementsAre(gateway::ScorerWeight{"queue-depth", 2},
                                             gateway::ScorerWeight{"vllm-dp", 0.5}));
  EXPECT_EQ(b.priority_policy, "constant");
  EXPECT_EQ(b.scheduler, "sjf");
  EXPECT_EQ(b.preemption_policy, "priority");
  ASSERT_TRUE(b.tenant_budgets);
  EXPECT_THAT(*b.tenant_budgets, ElementsAre(Pair("a", 0.25), Pair("b", 1.0)));
  EXPECT_EQ(b.autoscaler.interval_us, 1e6);
  EXPECT_EQ(b.autoscaler.scale_up_stabilization_window_us, 10);
  EXPECT_EQ(b.autoscaler.scale_down_stabilization_window_us, 20);
  EXPECT_EQ(b.autoscaler.hpa_scrape_delay.mean_s, 1);
  EXPECT_EQ(b.autoscaler.hpa_scrape_delay.stddev_s, 0.5);
  EXPECT_EQ(b.autoscaler.kv_cache_threshold, 0.9);
  EXPECT_EQ(b.autoscaler.scale_up_threshold, 0.7);
  EXPECT_EQ(b.autoscaler.scale_down_boundary, 0.3);
  EXPECT_EQ(b.autoscaler.avg_input_tokens, 100);
  ASSERT_EQ(b.node_pools.size(), 1u);
  const NodePoolBundle& pool = b.node_pools[0];
  EXPECT_EQ(pool.name, "big");
  EXPECT_EQ(pool.gpu_type, "H100");
  EXPECT_EQ(pool.gpus_per_node, 8);
  EXPECT_EQ(pool.gpu_memory_gib, 80);
  EXPECT_EQ(pool.initial_nodes, 1);
  EXPECT_EQ(pool.min_nodes, 1);
  EXPECT_EQ(pool.max_nodes, 4);
  EXPECT_EQ(pool.provisioning_delay.mean_s, 60);
  EXPECT_EQ(pool.provisioning_delay.stddev_s, 5);
  EXPECT_EQ(pool.cost_per_hour, 12.5);
  EXPECT_EQ(b.instance_lifecycle.loading_delay.mean_s, 30);
  EXPECT_EQ(b.instance_lifecycle.loading_delay.stddev_s, 3);
  EXPECT_TRUE(b.instance_lifecycle.warm_start_initial_instances);
  EXPECT_TRUE(b.placement.retry && b.placement.hardware_of_node && b.placement.gpus_of_instance);
  EXPECT_EQ(b.node_provisioning->idle_time_s, 90);
  EXPECT_EQ(b.failures->gpu->mtbf_s, 1e6);
  EXPECT_EQ(b.failures->gpu->mttr_s, 3600);
  EXPECT_EQ(b.failures->node->mttr_s, 7200);
  EXPECT_EQ(b.failures->instance->mtbf_s, 3e5);
  EXPECT_EQ(b.failures->instance->mttr_s, 0);
  EXPECT_EQ(b.failures->requests, "lose");
  EXPECT_EQ(b.failures->max_retries, 5);
  EXPECT_EQ(b.failures->retry_delay_s, 0.5);
}

TEST(PolicyBundle, SetsNothingWhenItSaysNothing) {
  for (const std::string text :
       {"---\n", "null\n", "{}\n", "admission:\n", "admission: {policy: null}\n"}) {
    const PolicyBundle b = parse(text);
    EXPECT_EQ(b.admission.policy, "") << text;
    EXPECT_FALSE(b.admission.token_bucket_capacity) << text;
    EXPECT_FALSE(b.tenant_budgets) << text;
    EXPECT_FALSE(b.node_provisioning || b.failures) << text;
  }
}

TEST(PolicyBundle, MustNotBeEmpty) {
  EXPECT_THAT(error_of(""), HasSubstr("p.yaml: the policy bundle is empty"));
  EXPECT_THAT(error_of("# nothing\n"), HasSubstr("empty"));
}

TEST(PolicyBundle, AnEmptyBudgetMapStillTracksTenants) {
  EXPECT_TRUE(parse("tenant_budgets: {}\n").tenant_budgets.has_value());
}

TEST(PolicyBundle, TruncatesRealsWhereIntegersAreMeant) {
  EXPECT_EQ(parse("admission: {tier_shed_threshold: -0.5}").admission.tier_shed_threshold, 0);
  EXPECT_EQ(parse("admission: {slo_priorities: {a: 100.9}}").admission.slo_priorities.at("a"), 100);
}

struct Violation {
  std::string yaml;
  std::string key;  ///< as the message names it
};

class PolicyBundleViolation : public testing::TestWithParam<Violation> {};

TEST_P(PolicyBundleViolation, IsRefusedWithFileAndKey) {
  const std::string error = error_of(GetParam().yaml);
  EXPECT_THAT(error, HasSubstr("p.yaml:1: "));
  EXPECT_THAT(error, HasSubstr(GetParam().key));
}

std::string pool(const std::string& more) {
  return "node_pools: [{name: a, gpu_type: H100, gpus_per_node: 8, gpu_memory_gib: 80, "
         "initial_nodes: 1, "
         "max_nodes: 1" +
         more + "}]";
}

INSTANTIATE_TEST_SUITE_P(
    OfForm, PolicyBundleViolation,
    testing::Values(Violation{"unknown: 1", "unknown"}, Violation{"admission: {polcy: x}", "polcy"},
                    Violation{"admission: 5", "admission"}, Violation{"- a", ""},
                    Violation{"admission: {token_bucket_capacity: \"5\"}", "token_bucket_capacity"},
                    Violation{"instance_lifecycle: {warm_start_initial_instances: \"true\"}",
                              "warm_start_initial_instances"},
                    Violation{"instance_lifecycle: {warm_start_initial_instances: 1}",
                              "warm_start_initial_instances"},
                    // Keys that documentation of the reference shows and its decoder rejects.
                    Violation{"hw_config_by_gpu: {}", "hw_config_by_gpu"},
                    Violation{"instance_lifecycle: {warm_up_request_count: 1}",
                              "warm_up_request_count"},
                    Violation{"instance_lifecycle: {drain_policy: WAIT}", "drain_policy"},
                    Violation{"autoscaler: {scale_up_cooldown_us: 1}", "scale_up_cooldown_us"},
                    Violation{"autoscaler: {actuation_delay: {mean: 1}}", "actuation_delay"},
                    Violation{"routing: {cache_weight: 1}", "cache_weight"},
                    Violation{pool(", provisioning_delay: {kind: x}"), "kind"}));

INSTANTIATE_TEST_SUITE_P(
    OfContent, PolicyBundleViolation,
    testing::Values(
        Violation{"admission: {policy: nope}", "admission.policy"},
        Violation{"routing: {policy: nope}", "routing.policy"},
        Violation{"scheduler: lifo", "scheduler"},
        Violation{"preemption: {policy: lifo}", "preemption.policy"},
        Violation{"admission: {token_bucket_capacity: -1}", "token_bucket_capacity"},
        Violation{"admission: {token_bucket_refill_rate: .inf}", "token_bucket_refill_rate"},
        Violation{"admission: {tier_shed_threshold: -1}", "tier_shed_threshold"},
        Violation{"admission: {gaie_qd_threshold: 0}", "gaie_qd_threshold"},
        Violation{"admission: {gaie_kv_threshold: 1.1}", "gaie_kv_threshold"},
        Violation{"tenant_budgets: {a: 1.5}", "tenant_budgets"},
        Violation{"tenant_budgets: {a: .nan}", "tenant_budgets"},
        Violation{"routing: {scorers: [{name: nope, weight: 1}]}", "nope"},
        Violation{"routing: {scorers: [{name: queue-depth, weight: 0}]}", "queue-depth"},
        Violation{
            "routing: {scorers: [{name: queue-depth, weight: 1}, {name: queue-depth, weight: 2}]}",
            "queue-depth"},
        Violation{"autoscaler: {interval_us: -1}", "interval_us"},
        Violation{"autoscaler: {scale_up_stabilization_window_us: -1}",
                  "scale_up_stabilization_window_us"},
        Violation{"autoscaler: {scale_down_stabilization_window_us: .nan}",
                  "scale_down_stabilization_window_us"},
        Violation{"autoscaler: {hpa_scrape_delay: {mean: -1}}", "hpa_scrape_delay.mean"},
        Violation{"autoscaler: {hpa_scrape_delay: {stddev: -1}}", "hpa_scrape_delay.stddev"},
        Violation{"autoscaler: {analyzer: {kv_cache_threshold: 1.1}}", "kv_cache_threshold"},
        Violation{"autoscaler: {analyzer: {scale_up_threshold: -1}}", "scale_up_threshold"},
        Violation{"autoscaler: {analyzer: {scale_down_boundary: 0.9}}", "scale_down_boundary"},
        Violation{"autoscaler: {analyzer: {avg_input_tokens: -1}}", "avg_input_tokens"},
        Violation{"node_pools: [{gpu_type: H100, gpus_per_node: 8, gpu_memory_gib: 80}]",
                  "node_pools[0].name"},
        Violation{"node_pools: [{name: a, gpus_per_node: 8, gpu_memory_gib: 80}]",
                  "node_pools[0].gpu_type"},
        Violation{"node_pools: [{name: a, gpu_type: H100, gpu_memory_gib: 80}]", "gpus_per_node"},
        Violation{"node_pools: [{name: a, gpu_type: H100, gpus_per_node: 8}]", "gpu_memory_gib"},
        Violation{"node_pools: [{name: a, gpu_type: H100, gpus_per_node: 8, gpu_memory_gib: 80, "
                  "initial_nodes: 1}]",
                  "max_nodes"},
        Violation{pool(", min_nodes: 2"), "min_nodes"},
        Violation{pool(", min_nodes: -1"), "min_nodes"},
        Violation{pool(", provisioning_delay: {mean: -1}"), "provisioning_delay.mean"},
        Violation{pool(", cost_per_hour: -1"), "cost_per_hour"},
        Violation{"instance_lifecycle: {loading_delay: {mean: -1}}", "loading_delay.mean"},
        Violation{"node_provisioning: {}", "node_provisioning: needs node_pools"},
        Violation{"failures: {}", "give gpu, node or instance"},
        Violation{"failures: {instance: {}}", "failures.instance.mtbf_s"},
        Violation{"failures: {instance: {mtbf_s: -1}}", "failures.instance.mtbf_s"},
        Violation{"failures: {instance: {mtbf_s: 1e10}}", "in (0, 1e9]"},
        Violation{"failures: {instance: {mtbf_s: 5, mttr_s: -1}}", "failures.instance.mttr_s"},
        Violation{"failures: {gpu: {mtbf_s: 5}}", "failures.gpu: needs node_pools"},
        Violation{"failures: {node: {mtbf_s: 5}}", "failures.node: needs node_pools"},
        Violation{"failures: {instance: {mtbf_s: 5}, requests: loose}", "did you mean"},
        Violation{"failures: {instance: {mtbf_s: 5}, max_retries: 0}", "failures.max_retries"},
        Violation{"failures: {instance: {mtbf_s: 5}, retry_delay_s: .nan}", "retry_delay_s"},
        Violation{"admission: {slo_priorities: {a: 101}}", "slo_priorities.a"}));

TEST(PolicyBundle, ReportsAllViolationsInTheOrderOfTheirKeys) {
  const std::string error = error_of("scheduler: lifo\nadmission: {policy: nope}\n");
  const std::size_t admission = error.find("admission.policy");
  const std::size_t scheduler = error.find("p.yaml:1: scheduler");
  ASSERT_NE(admission, std::string::npos);
  ASSERT_NE(scheduler, std::string::npos);
  EXPECT_LT(admission, scheduler);
}

}  // namespace
}  // namespace blis::config
