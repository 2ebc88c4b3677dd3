// Routing policies: which instance serves a request.
//
// To add one: policies/<name>.cc, a row in policies/routing_policies.def, a test, a row in
// docs/routing.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "gateway/gateway_config.h"
#include "gateway/instance_signals.h"
#include "gateway/prefix_cache_views.h"
#include "gateway/route_query.h"
#include "gateway/script_decision.h"

namespace blis::gateway {

enum class RoutingReason : std::uint8_t {
  kRoundRobin,
  kLeastLoaded,
  kAlwaysBusiest,
  kWeighted,
  kScript
};

struct RoutingDecision {
  InstanceId instance;
  std::size_t index = 0;  ///< of the instance among the candidates
  RoutingReason reason = RoutingReason::kRoundRobin;
  std::int64_t number = 0;  ///< round-robin: the counter; least-loaded, always-busiest: the load
  double score = 0;         ///< weighted, script: the total of the chosen candidate
  std::span<const double> scores;  ///< weighted, script: one total per candidate, valid until the
                                   ///< next decision; else empty
};

/// The text that the decision trace shows, as `weighted-scoring (score=0.675)`. SOURCE spec
/// data-plane 11.
std::string format_reason(const RoutingDecision& decision);

/// One policy of one simulation, with its counters, history and random stream. Not thread-safe.
class RoutingPolicy {
 public:
  virtual ~RoutingPolicy() = default;

  /// Chooses one of the candidates and remembers the choice.
  /// REQUIRES  at least one candidate.
  /// COST      O(candidates) per configured scorer, no allocation after warm-up.
  virtual RoutingDecision route(const RouteQuery& query, const RouterState& state) = 0;

  /// Whether route() looks at signals other than which candidates there are.
  virtual bool reads_signals() const { return true; }
};

/// What a policy is made of.
struct RoutingContext {
  std::vector<ScorerWeight> scorers;  ///< weighted only; in order, not empty
  const PrefixCacheViews* prefix_views =
      nullptr;                   ///< nullptr: nobody knows what is cached (library use)
  std::int64_t random_seed = 0;  ///< random::stream_seed(master, "router") and so on
  ScriptContext script{};
};

using RoutingPolicyFactory = std::unique_ptr<RoutingPolicy>(const RoutingContext& context);

struct RoutingPolicyEntry {
  std::string_view name;  ///< as written in --routing-policy and in `routing.policy`
  RoutingPolicyFactory* make;
  std::string_view help;
};

std::span<const RoutingPolicyEntry> routing_policy_entries();  ///< ascending by name
/// "" is round-robin. nullptr if there is no such policy.
const RoutingPolicyEntry* find_routing_policy(std::string_view name);

/// The policies of a cluster. Without scorers of its own a pool shares the main policy object: its
/// counter, random stream, prefix index and history (spec data-plane 11.5).
struct RoutingPolicies {
  std::unique_ptr<RoutingPolicy> main;
  std::unique_ptr<RoutingPolicy> prefill;  ///< nullptr: main
  std::unique_ptr<RoutingPolicy> decode;   ///< nullptr: main

  RoutingPolicy& for_prefill() { return prefill ? *prefill : *main; }
  RoutingPolicy& for_decode() { return decode ? *decode : *main; }
};

RoutingPolicies make_routing_policies(const RoutingConfig& config, const PrefixCacheViews* views,
                                      std::int64_t master_seed, const ScriptContext& script = {});

/// Whether any configured scorer asks what instances have cached; see SignalBook. Deciders may ask
/// too.
bool needs_prefix_views(const RoutingConfig& config);

}  // namespace blis::gateway
