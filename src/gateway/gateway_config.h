// Settings of the gateway, with their defaults: the only place that has them. Names of policies are
// checked by whoever reads the user's input, against the registries; constructors trust them.
// SOURCE spec data-plane 2, 18.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/micros.h"
#include "script/policy_script.h"

namespace blis::gateway {

/// How old the gateway's view of the instances may be. SOURCE spec data-plane 6.2.
struct SignalConfig {
  Micros refresh_interval{
      50'000};  ///< scrape period of instance-reported signals; <= 0: always live
  Micros cache_signal_delay{
      50'000};  ///< period of the frozen prefix-cache views; <= 0: always live
};

struct TokenBucketConfig {
  double capacity_tokens = 10'000;
  double refill_tokens_per_s = 1'000;
};

struct TierShedConfig {
  std::int64_t load_threshold = 0;  ///< effective load up to which everybody is admitted
  std::int64_t min_priority = 0;    ///< above it, classes below this priority are rejected
};

/// What `tier_shed_min_priority` means when it is absent: 3 if the bundle itself names tier-shed,
/// else 0, so that the flag alone sheds only negative priorities [QUIRK] (spec data-plane 8.2).
inline constexpr std::int64_t kTierShedMinPriorityOfBundle = 3;

/// Thresholds against which queue depth and KV utilisation are measured. 0 means the default.
/// SOURCE spec data-plane 8.3.
struct GaieLegacyConfig {
  double queue_depth_threshold = 5;
  double kv_utilization_threshold = 0.8;
};

struct AdmissionConfig {
  std::string policy = "always-admit";
  TokenBucketConfig token_bucket;
  TierShedConfig tier_shed;
  GaieLegacyConfig gaie_legacy;
  /// tenant -> share of `instances x max_num_seqs`; present, even if empty, means that tenants are
  /// tracked.
  std::optional<std::map<std::string, double>> tenant_budgets;
};

/// One configured scorer of the weighted policy.
struct ScorerWeight {
  std::string name;
  double weight = 1;
  friend bool operator==(const ScorerWeight&, const ScorerWeight&) = default;
};

struct RoutingConfig {
  std::string policy = "round-robin";
  std::vector<ScorerWeight>
      scorers;  ///< of the weighted policy, in order; empty: default_scorers()
  std::vector<ScorerWeight> prefill_scorers;  ///< empty: the prefill pool shares the main policy
  std::vector<ScorerWeight> decode_scorers;   ///< empty: the decode pool shares the main policy
};

/// Which entry of a flow leaves first.
enum class DispatchOrder : std::uint8_t {
  kFifo,  ///< behaves exactly like kPriority: spec data-plane 10.4 [BUG W-B1]
  kPriority,
  kSloDeadline,
};

/// Which flow (tenant) of a band is served next.
enum class FairnessPolicy : std::uint8_t { kGlobalStrict, kRoundRobin };

/// nullopt if there is no such name; "" is fifo / global-strict.
std::optional<DispatchOrder> parse_dispatch_order(std::string_view name);
std::optional<FairnessPolicy> parse_fairness_policy(std::string_view name);
std::vector<std::string_view> dispatch_order_names();
std::vector<std::string_view> fairness_policy_names();

struct SaturationConfig {
  std::string detector = "never";
  double queue_depth_threshold = 5;       ///< utilization: waiting requests that count as full
  double kv_utilization_threshold = 0.8;  ///< utilization: KV utilisation that counts as full
  std::int64_t max_concurrency =
      100;  ///< concurrency: requests in flight per instance that count as full
};

struct FlowControlConfig {
  bool enabled = false;
  SaturationConfig saturation;
  DispatchOrder dispatch_order = DispatchOrder::kFifo;
  FairnessPolicy fairness = FairnessPolicy::kGlobalStrict;
  std::map<std::string, std::int64_t>
      slo_targets_us;                  ///< class -> target of slo-deadline, exact class text
  std::int64_t max_queue_depth = 0;    ///< entries of all bands together, 0 = unlimited
  std::int64_t per_band_capacity = 0;  ///< entries of one band, 0 = unlimited
  double usage_limit_threshold = 1.0;  ///< saturation ceiling of the lowest band, in (0, 1]
  Micros request_ttl;                  ///< 0 = off
  bool queue_shedding = false;
  Micros dispatch_tick_interval{1'000};  ///< 0 means 1000
  bool in_flight_eviction = false;
};

struct DecisionTraceConfig {
  bool enabled = false;               ///< trace level `decisions`
  std::int64_t counterfactual_k = 0;  ///< candidates to keep per routing decision
};

struct GatewayConfig {
  SignalConfig signals;
  AdmissionConfig admission;
  Micros admission_latency;  ///< arrival -> admission decision
  RoutingConfig routing;
  Micros routing_latency;  ///< admission or dispatch -> routing decision
  FlowControlConfig flow_control;
  DecisionTraceConfig trace;
  std::shared_ptr<const script::PolicyScript> script{};  ///< of the policies called script
};

}  // namespace blis::gateway
