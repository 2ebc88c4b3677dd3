#include "gateway/routing_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/scorer.h"
#include "gateway/scorer_config.h"
#include "random/random_stream.h"

namespace blis::gateway {

#define BLIS_ROUTING_POLICY(name, factory, help) RoutingPolicyFactory factory;
#include "gateway/policies/routing_policies.def"
#undef BLIS_ROUTING_POLICY

namespace {

constexpr RoutingPolicyEntry kEntries[] = {
#define BLIS_ROUTING_POLICY(name, factory, help) {name, factory, help},
#include "gateway/policies/routing_policies.def"
#undef BLIS_ROUTING_POLICY
};
static_assert(std::ranges::is_sorted(kEntries, {}, &RoutingPolicyEntry::name));

std::unique_ptr<RoutingPolicy> make_pool_policy(const std::vector<ScorerWeight>& scorers,
                                                const PrefixCacheViews* views, std::int64_t seed,
                                                const ScriptContext& script) {
  if (scorers.empty()) return nullptr;
  return find_routing_policy("weighted")->make({scorers, views, seed, script});
}

}  // namespace

std::span<const RoutingPolicyEntry> routing_policy_entries() { return kEntries; }

const RoutingPolicyEntry* find_routing_policy(std::string_view name) {
  if (name.empty()) name = "round-robin";
  const auto* found = std::ranges::find(kEntries, name, &RoutingPolicyEntry::name);
  return found == std::end(kEntries) ? nullptr : found;
}

std::string format_reason(const RoutingDecision& decision) {
  switch (decision.reason) {
    case RoutingReason::kRoundRobin:
      return fmt::format("round-robin[{}]", decision.number);
    case RoutingReason::kLeastLoaded:
      return fmt::format("least-loaded (load={})", decision.number);
    case RoutingReason::kAlwaysBusiest:
      return fmt::format("always-busiest (load={})", decision.number);
    case RoutingReason::kWeighted:
      return fmt::format("weighted-scoring (score={:.3f})", decision.score);
    case RoutingReason::kScript:
      return fmt::format("script (score={:.3f})", decision.score);
  }
  return "";
}

RoutingPolicies make_routing_policies(const RoutingConfig& config, const PrefixCacheViews* views,
                                      std::int64_t master_seed, const ScriptContext& script) {
  RoutingPolicies policies;
  const std::vector<ScorerWeight> scorers =
      config.scorers.empty() ? default_scorers() : config.scorers;
  policies.main = find_routing_policy(config.policy)
                      ->make({scorers, views, random::stream_seed(master_seed, "router"), script});
  policies.prefill = make_pool_policy(config.prefill_scorers, views,
                                      random::stream_seed(master_seed, "prefill-router"), script);
  policies.decode = make_pool_policy(config.decode_scorers, views,
                                     random::stream_seed(master_seed, "decode-router"), script);
  return policies;
}

bool needs_prefix_views(const RoutingConfig& config) {
  const auto asks = [](const std::vector<ScorerWeight>& scorers) {
    return std::ranges::any_of(scorers, [](const ScorerWeight& configured) {
      return find_scorer(configured.name)->needs_prefix_views;
    });
  };
  if (config.policy == "script") return true;
  const bool main_asks = config.policy == "weighted" &&
                         asks(config.scorers.empty() ? default_scorers() : config.scorers);
  return main_asks || asks(config.prefill_scorers) || asks(config.decode_scorers);
}

}  // namespace blis::gateway
