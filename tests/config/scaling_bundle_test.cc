// `autoscaler.policy`, `optimizer` and `targets` of a policy bundle.

#include "config/scaling_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/policy_bundle.h"
#include "testing/message_of.h"

namespace blis::config {
namespace {

using ::testing::HasSubstr;

ScalingBundle parse(const std::string& text) {
  return parse_policy_bundle(text, "p.yaml").autoscaler.scaling;
}
std::string refusal_of(const std::string& text) {
  return testing::message_of([&] { parse(text); });
}

TEST(ScalingBundle, ReadsAnHpa) {
  const ScalingBundle b = parse(R"(
autoscaler:
  policy: hpa
  targets:
    - role: decode
      min_replicas: 0
      max_replicas: 8
      idle_timeout_us: 1e6
      metrics:
        - {name: queue-length, target: 4}
        - {name: kv-utilization, target: 0.7}
      behavior:
        scaleUp:
          stabilizationWindowSeconds: 30
          tolerance: 0.05
          selectPolicy: Min
          policies:
            - {type: Pods, value: 2, periodSeconds: 60}
            - {type: Percent, value: 50, periodSeconds: 0.5}
        scaleDown: {selectPolicy: Disabled}
)");
  EXPECT_EQ(b.policy, "hpa");
  ASSERT_EQ(b.targets.size(), 1u);
  const control::ScaleTarget& t = b.targets[0];
  EXPECT_EQ(t.roles, gateway::kDecodeRole);
  EXPECT_EQ(t.min_replicas, 0);
  EXPECT_EQ(t.max_replicas, 8);
  EXPECT_EQ(t.idle_timeout, Micros(1'000'000));
  ASSERT_EQ(t.hpa.metrics.size(), 2u);
  EXPECT_EQ(t.hpa.metrics[1].name, "kv-utilization");
  EXPECT_EQ(t.hpa.metrics[1].target, 0.7);
  EXPECT_EQ(t.hpa.up.stabilization_window, Micros(30'000'000));
  EXPECT_EQ(t.hpa.up.tolerance, 0.05);
  EXPECT_EQ(t.hpa.up.select, control::SelectPolicy::kMin);
  ASSERT_EQ(t.hpa.up.policies.size(), 2u);
  EXPECT_FALSE(t.hpa.up.policies[0].is_percent);
  EXPECT_EQ(t.hpa.up.policies[1].period, Micros(500'000));
  EXPECT_EQ(t.hpa.down.select, control::SelectPolicy::kDisabled);
  EXPECT_EQ(t.hpa.down.stabilization_window, Micros(300'000'000)) << "Kubernetes' default";
  EXPECT_EQ(t.hpa.down.policies.size(), 1u) << "Kubernetes' default";
}

TEST(ScalingBundle, ReadsASchedule) {
  const ScalingBundle b = parse(R"(
autoscaler:
  policy: scheduled
  targets: [{max_replicas: 9}]
  schedule:
    - {at_us: 5, every_us: 8.64e10, min_replicas: 2, max_replicas: 8, desired_replicas: 4}
    - {at_us: 0, min_replicas: 0}
)");
  ASSERT_EQ(b.schedule.size(), 2u);
  EXPECT_EQ(b.schedule[0].at, Micros(5));
  EXPECT_EQ(b.schedule[0].every, Micros(86'400'000'000));
  EXPECT_EQ(b.schedule[0].max_replicas, 8);
  EXPECT_EQ(b.schedule[0].desired_replicas, 4);
  EXPECT_EQ(b.schedule[1].min_replicas, 0);
  EXPECT_EQ(b.schedule[1].desired_replicas, std::nullopt);
}

TEST(ScalingBundle, ReadsADrainPolicy) {
  const PolicyBundle b =
      parse_policy_bundle("instance_lifecycle: {drain: {policy: WAIT, timeout_us: 5e6}}", "p.yaml");
  EXPECT_EQ(b.instance_lifecycle.drain.policy, "WAIT");
  EXPECT_EQ(b.instance_lifecycle.drain.timeout, Micros(5'000'000));
  EXPECT_THAT(refusal_of("instance_lifecycle: {drain: {policy: WAITT}}"), HasSubstr("WAIT"));
  EXPECT_EQ(parse_policy_bundle("instance_lifecycle: {drain: {policy: REDIRECT, timeout_us: 5}}",
                                "p.yaml")
                .instance_lifecycle.drain.timeout,
            Micros(5));
  EXPECT_THAT(refusal_of("instance_lifecycle: {drain: {policy: IMMEDIATE, timeout_us: 5}}"),
              HasSubstr("no effect"));
}

TEST(ScalingBundle, RefusesWhatMeansNothing) {
  const auto hpa = [](const std::string& target) {
    return "autoscaler: {policy: hpa, targets: [{max_replicas: 3, metrics: "
           "[{name: queue-length, target: 1}], " +
           target + "}]}";
  };
  EXPECT_THAT(refusal_of("autoscaler: {policy: hpaa}"), HasSubstr("did you mean \"hpa\""));
  EXPECT_THAT(refusal_of("autoscaler: {optimizer: greed}"), HasSubstr("did you mean \"greedy\""));
  EXPECT_THAT(refusal_of("autoscaler: {policy: hpa}"), HasSubstr("hpa needs targets"));
  EXPECT_THAT(refusal_of("autoscaler: {policy: hpa, optimizer: greedy}"), HasSubstr("no effect"));
  EXPECT_THAT(refusal_of("autoscaler: {policy: hpa, targets: [{max_replicas: 2}]}"),
              HasSubstr("needs metrics"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{metrics: [{name: queue-length, target: 2}]}]}"),
              HasSubstr("no effect without policy: hpa"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{min_replicas: 4, max_replicas: 3}]}"),
              HasSubstr("min_replicas 4 is above max_replicas 3"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{min_replicas: -1}]}"), HasSubstr("-1 is not in"));
  EXPECT_THAT(refusal_of("autoscaler: {policy: scheduled}"), HasSubstr("scheduled needs targets"));
  EXPECT_THAT(refusal_of("autoscaler: {schedule: [{at_us: 1, min_replicas: 1}]}"),
              HasSubstr("no target with its role"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{}], schedule: [{at_us: 1}]}"),
              HasSubstr("changes nothing"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{}], schedule: [{min_replicas: 1}]}"),
              HasSubstr("needs at_us"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{role: decoder}]}"),
              HasSubstr("did you mean \"decode\""));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{role: decode}, {role: decode}]}"),
              HasSubstr("second target"));
  EXPECT_THAT(refusal_of("autoscaler: {targets: [{role: decode}, {}]}"),
              HasSubstr("each needs a role"));
  EXPECT_THAT(refusal_of("autoscaler: {policy: hpa, targets: [{max_replicas: 3, metrics: "
                         "[{name: queue, target: 1}]}]}"),
              HasSubstr("queue-length"));
  EXPECT_THAT(refusal_of(hpa("behavior: {scaleUp: {selectPolicy: Most}}")), HasSubstr("Max"));
  EXPECT_THAT(refusal_of(hpa("behavior: {scaleUp: {policies: [{type: Pods, value: 1}]}}")),
              HasSubstr("needs type, value and periodSeconds"));
  EXPECT_THAT(refusal_of(hpa("behavior: {scaleup: {}}")), HasSubstr("scaleUp"));
  EXPECT_THAT(refusal_of(hpa("behavior: {scaleUp: {tolerance: -1}}")), HasSubstr("p.yaml:1"));
}

}  // namespace
}  // namespace blis::config
