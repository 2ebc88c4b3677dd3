// The record of admission and routing decisions, and its summary. SOURCE spec data-plane 16;
// disaggregation (its records).
//
// Exists only at trace level `decisions`; without it the gateway does no work for it. Recording
// never changes a result (law data-plane L20).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "gateway/admission_policy.h"
#include "gateway/instance_signals.h"
#include "gateway/routing_policy.h"

namespace blis::gateway {

struct AdmissionRecord {
  RequestId request;
  Micros clock;
  AdmissionDecision decision;
};

/// One candidate of a decision, as it looked then.
struct CounterfactualCandidate {
  InstanceId instance;
  double score = 0;
  std::int32_t waiting_requests = 0;
  std::int32_t running_requests = 0;
  std::int32_t in_flight_requests = 0;
  double kv_utilization_ratio = 0;
  std::int64_t free_kv_blocks = 0;
};

struct ScoredInstance {
  InstanceId instance;
  double score = 0;
};

struct RoutingRecord {
  RequestId request;  ///< for pool decisions: the parent
  Micros clock;
  InstanceId chosen;
  RoutingReason reason = RoutingReason::kRoundRobin;
  std::int64_t reason_number = 0;
  double reason_score = 0;
  std::vector<ScoredInstance> scores;  ///< candidate order; empty for policies that do not score
  std::vector<CounterfactualCandidate> candidates;  ///< the best k, best first
  double regret = 0;                                ///< best score - score of the chosen one, >= 0
};

struct DisaggregationRecord {
  RequestId request;
  Micros clock;
  bool disaggregated = false;
};

struct KvTransferRecord {
  RequestId parent;
  Micros start;
  Micros duration;  ///< >= 0
  std::int64_t blocks = 0;
  InstanceId prefill_instance;
  InstanceId decode_instance;
};

/// What `--summarize-trace` prints, and a little more for library users.
struct TraceSummary {
  std::int64_t decisions = 0;  ///< admission records
  std::int64_t admitted = 0;
  std::int64_t rejected = 0;
  std::map<std::string, std::int64_t> targets;  ///< instance name -> routing decisions
  double mean_regret = 0;
  double max_regret = 0;
  std::int64_t disaggregation_decisions = 0;
  std::int64_t disaggregated = 0;
  std::int64_t kv_transfers = 0;
  double mean_transfer_duration_us = 0;
};

class DecisionTrace {
 public:
  explicit DecisionTrace(const DecisionTraceConfig& config) : k_(config.counterfactual_k) {}

  /// The next instance (ids in order) is called `name`.
  void add_instance(std::string name) { names_.push_back(std::move(name)); }

  void record_admission(RequestId request, Micros clock, const AdmissionDecision& decision);
  /// Standard routing and the local path of disaggregation; `state` as the policy saw it.
  void record_routing(RequestId request, const RouterState& state, const RoutingDecision& decision);
  void record_prefill_routing(RequestId parent, const RouterState& state,
                              const RoutingDecision& decision);
  void record_encode_routing(RequestId parent, const RouterState& state,
                             const RoutingDecision& decision);
  void record_disaggregation(RequestId request, Micros clock, bool disaggregated);
  void record_kv_transfer(const KvTransferRecord& record);

  const std::vector<AdmissionRecord>& admissions() const { return admissions_; }
  const std::vector<RoutingRecord>& routings() const { return routings_; }
  const std::vector<RoutingRecord>& prefill_routings() const { return prefill_routings_; }
  const std::vector<RoutingRecord>& encode_routings() const { return encode_routings_; }
  const std::vector<DisaggregationRecord>& disaggregations() const { return disaggregations_; }
  const std::vector<KvTransferRecord>& kv_transfers() const { return kv_transfers_; }

  TraceSummary summarize() const;

 private:
  RoutingRecord make_record(RequestId request, const RouterState& state,
                            const RoutingDecision& decision) const;
  void rank(const RouterState& state, const RoutingDecision& decision, RoutingRecord& record) const;

  std::int64_t k_;
  std::vector<std::string> names_;  // by instance
  std::vector<AdmissionRecord> admissions_;
  std::vector<RoutingRecord> routings_;
  std::vector<RoutingRecord> prefill_routings_;
  std::vector<RoutingRecord> encode_routings_;
  std::vector<DisaggregationRecord> disaggregations_;
  std::vector<KvTransferRecord> kv_transfers_;
};

}  // namespace blis::gateway
