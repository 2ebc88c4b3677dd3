// Flags against bundle against defaults. SOURCE spec cli 3, 4.2-4.3; data-plane 14.

#include "config/policy_resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace blis::config {
namespace {

using gateway::ScorerWeight;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct Resolution {
  ResolvedPolicies policies;
  Diagnostics diagnostics;
};

Resolution resolve(const std::vector<std::string>& words, const std::string& bundle = "{}") {
  SimulationFlags flags;
  FlagSet set;
  register_flags(flags, set);
  set.parse(words);
  Resolution r;
  r.policies = resolve_policies(flags, parse_policy_bundle(bundle, "p.yaml"), r.diagnostics);
  return r;
}

std::string error_of(const std::vector<std::string>& words, const std::string& bundle = "{}") {
  try {
    resolve(words, bundle);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(PolicyResolution, GivesTheDefaultsWhenNothingIsSaid) {
  const ResolvedPolicies r = resolve({}).policies;
  EXPECT_EQ(r.gateway.admission.policy, "always-admit");
  EXPECT_EQ(r.gateway.admission.token_bucket.capacity_tokens, 10'000);
  EXPECT_EQ(r.gateway.admission.tier_shed.min_priority, 0);
  EXPECT_EQ(r.gateway.routing.policy, "round-robin");
  EXPECT_EQ(r.scheduler, "fcfs");
  EXPECT_EQ(r.preemption_policy, "fcfs");
  EXPECT_EQ(r.gateway.signals.refresh_interval, Micros(50'000));
  EXPECT_FALSE(r.gateway.flow_control.enabled);
  EXPECT_FALSE(r.gateway.trace.enabled);
}

TEST(PolicyResolution, ABundleBeatsTheDefaultOfAFlag) {
  const ResolvedPolicies r = resolve({}, R"(
admission: {policy: token-bucket, token_bucket_capacity: 7}
routing: {policy: least-loaded}
scheduler: sjf
preemption: {policy: priority}
)")
                                 .policies;
  EXPECT_EQ(r.gateway.admission.policy, "token-bucket");
  EXPECT_EQ(r.gateway.admission.token_bucket.capacity_tokens, 7);
  EXPECT_EQ(r.gateway.routing.policy, "least-loaded");
  EXPECT_EQ(r.scheduler, "sjf");
  EXPECT_EQ(r.preemption_policy, "priority");
}

TEST(PolicyResolution, ASetFlagBeatsTheBundleEvenWithItsDefault) {
  const ResolvedPolicies r =
      resolve({"--admission-policy", "always-admit", "--token-bucket-capacity=10000",
               "--scheduler=fcfs", "--routing-policy=round-robin", "--preemption-policy=fcfs"},
              R"(
admission: {policy: reject-all, token_bucket_capacity: 7}
routing: {policy: least-loaded}
scheduler: sjf
preemption: {policy: priority}
)")
          .policies;
  EXPECT_EQ(r.gateway.admission.policy, "always-admit");
  EXPECT_EQ(r.gateway.admission.token_bucket.capacity_tokens, 10'000);
  EXPECT_EQ(r.gateway.routing.policy, "round-robin");
  EXPECT_EQ(r.scheduler, "fcfs");
  EXPECT_EQ(r.preemption_policy, "fcfs");
}

// [QUIRK] spec cli 10.2: the same policy sheds other classes depending on who named it.
TEST(PolicyResolution, TierShedFromABundleShedsMoreThanFromTheFlag) {
  EXPECT_EQ(
      resolve({"--admission-policy=tier-shed"}).policies.gateway.admission.tier_shed.min_priority,
      0);
  EXPECT_EQ(resolve({}, "admission: {policy: tier-shed}")
                .policies.gateway.admission.tier_shed.min_priority,
            3);
  EXPECT_EQ(resolve({}, "admission: {policy: tier-shed, tier_shed_min_priority: 1}")
                .policies.gateway.admission.tier_shed.min_priority,
            1);
}

TEST(PolicyResolution, ScorersComeFromFlagThenBundleThenDefault) {
  const std::string bundle =
      "routing: {policy: weighted, scorers: [{name: load-aware, weight: 3}]}";
  EXPECT_THAT(resolve({"--routing-policy=weighted"}).policies.gateway.routing.scorers,
              ElementsAre(ScorerWeight{"precise-prefix-cache", 2}, ScorerWeight{"queue-depth", 1},
                          ScorerWeight{"kv-utilization", 1}));
  EXPECT_THAT(resolve({}, bundle).policies.gateway.routing.scorers,
              ElementsAre(ScorerWeight{"load-aware", 3}));
  EXPECT_THAT(
      resolve({"--routing-scorers= vllm-dp : 0x1p-1 "}, bundle).policies.gateway.routing.scorers,
      ElementsAre(ScorerWeight{"vllm-dp", 0.5}));
  EXPECT_THAT(resolve({"--lora-scorer-weight=4"}, bundle).policies.gateway.routing.scorers,
              ElementsAre(ScorerWeight{"load-aware", 3}, ScorerWeight{"lora-affinity", 4}));
}

TEST(PolicyResolution, ScorersAreOnlyLookedAtByTheWeightedPolicy) {
  const Resolution r = resolve({"--routing-scorers=nonsense", "--lora-scorer-weight=-1"});
  EXPECT_EQ(r.diagnostics.entries().size(), 2u);
  EXPECT_NE(error_of({"--routing-policy=weighted", "--routing-scorers=nonsense"}), "no error");
}

TEST(PolicyResolution, SloTargetsOfTheFlagReplaceThoseOfTheBundle) {
  const std::string bundle = "admission: {slo_targets: {batch: 7}}";
  EXPECT_THAT(resolve({"--flow-control"}, bundle).policies.gateway.flow_control.slo_targets_us,
              ElementsAre(Pair("batch", 7)));
  EXPECT_THAT(resolve({"--flow-control", "--slo-targets", " a = 5 ,b=6"}, bundle)
                  .policies.gateway.flow_control.slo_targets_us,
              ElementsAre(Pair("a", 5), Pair("b", 6)));
  EXPECT_EQ(error_of({"--slo-targets=nonsense"}), "no error");  // not read without --flow-control
}

TEST(PolicyResolution, NanPassesTheUsageLimitAsInTheReference) {
  EXPECT_EQ(error_of({"--flow-control", "--usage-limit-threshold=nan"}), "no error");
}

struct Mistake {
  std::vector<std::string> words;
  std::string names;
};

class PolicyMistake : public testing::TestWithParam<Mistake> {};

TEST_P(PolicyMistake, NamesTheFlag) {
  EXPECT_THAT(error_of(GetParam().words), HasSubstr(GetParam().names));
}

INSTANTIATE_TEST_SUITE_P(
    Flags, PolicyMistake,
    testing::Values(
        Mistake{{"--admission-policy=nope"}, "--admission-policy"},
        Mistake{{"--admission-policy=token-bucket", "--token-bucket-capacity=0"},
                "--token-bucket-capacity"},
        Mistake{{"--admission-policy=token-bucket", "--token-bucket-refill-rate=inf"},
                "--token-bucket-refill-rate"},
        Mistake{{"--routing-policy=nope"}, "--routing-policy"},
        Mistake{{"--scheduler=nope"}, "--scheduler"},
        Mistake{{"--preemption-policy=nope"}, "--preemption-policy"},
        Mistake{{"--trace-level=Decisions"}, "--trace-level"},
        Mistake{{"--counterfactual-k=-1"}, "--counterfactual-k"},
        Mistake{{"--kv-cpu-blocks=-1"}, "--kv-cpu-blocks"},
        Mistake{{"--kv-offload-threshold=1.5"}, "--kv-offload-threshold"},
        Mistake{{"--kv-cpu-blocks=1", "--kv-transfer-bandwidth=0"}, "--kv-transfer-bandwidth"},
        Mistake{{"--kv-transfer-base-latency=-1"}, "--kv-transfer-base-latency"},
        Mistake{{"--snapshot-refresh-interval=-1"}, "--snapshot-refresh-interval"},
        Mistake{{"--cache-signal-delay=-1"}, "--cache-signal-delay"},
        Mistake{{"--admission-latency=-1"}, "--admission-latency"},
        Mistake{{"--routing-latency=-1"}, "--routing-latency"},
        Mistake{{"--request-ttl=-1"}, "--request-ttl"},
        Mistake{{"--dispatch-tick-interval=-1"}, "--dispatch-tick-interval"},
        Mistake{{"--flow-control", "--saturation-detector=psychic"}, "--saturation-detector"},
        Mistake{{"--flow-control", "--dispatch-order="}, "--dispatch-order"},
        Mistake{{"--flow-control", "--fairness-policy=nope"}, "--fairness-policy"},
        Mistake{{"--flow-control", "--max-gateway-queue-depth=-1"}, "--max-gateway-queue-depth"},
        Mistake{{"--flow-control", "--per-band-capacity=-1"}, "--per-band-capacity"},
        Mistake{
            {"--flow-control", "--saturation-detector=utilization", "--queue-depth-threshold=0"},
            "--queue-depth-threshold"},
        Mistake{
            {"--flow-control", "--saturation-detector=utilization", "--kv-cache-util-threshold=0"},
            "--kv-cache-util-threshold"},
        Mistake{{"--flow-control", "--saturation-detector=concurrency", "--max-concurrency=0"},
                "--max-concurrency"},
        Mistake{{"--flow-control", "--usage-limit-threshold=0"}, "--usage-limit-threshold"},
        Mistake{{"--flow-control", "--slo-targets=critical=1.5"}, "--slo-targets"},
        Mistake{{"--flow-control", "--slo-targets=critical=5,"}, "--slo-targets"},
        Mistake{{"--prefill-routing-scorers=nope:1"}, "nope"},
        Mistake{{"--decode-routing-scorers=queue-depth:1,"}, "--decode"}));

}  // namespace
}  // namespace blis::config
