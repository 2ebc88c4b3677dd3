#include "gateway/decision_trace.h"

#include <algorithm>

namespace blis::gateway {

void DecisionTrace::record_admission(RequestId request, Micros clock,
                                     const AdmissionDecision& decision) {
  admissions_.push_back({request, clock, decision});
}

void DecisionTrace::record_routing(RequestId request, const RouterState& state,
                                   const RoutingDecision& decision) {
  routings_.push_back(make_record(request, state, decision));
}

void DecisionTrace::record_prefill_routing(RequestId parent, const RouterState& state,
                                           const RoutingDecision& decision) {
  prefill_routings_.push_back(make_record(parent, state, decision));
}

void DecisionTrace::record_encode_routing(RequestId parent, const RouterState& state,
                                          const RoutingDecision& decision) {
  encode_routings_.push_back(make_record(parent, state, decision));
}

void DecisionTrace::record_disaggregation(RequestId request, Micros clock, bool disaggregated) {
  disaggregations_.push_back({request, clock, disaggregated});
}

void DecisionTrace::record_kv_transfer(const KvTransferRecord& record) {
  kv_transfers_.push_back(record);
}

RoutingRecord DecisionTrace::make_record(RequestId request, const RouterState& state,
                                         const RoutingDecision& decision) const {
  RoutingRecord record;
  record.request = request;
  record.clock = state.clock;
  record.chosen = decision.instance;
  record.reason = decision.reason;
  record.reason_number = decision.number;
  record.reason_score = decision.score;
  for (std::size_t i = 0; i < decision.scores.size(); ++i) {
    record.scores.push_back({state.candidates[i].instance, decision.scores[i]});
  }
  if (k_ > 0) rank(state, decision, record);
  return record;
}

// A policy without scores is judged by effective load: less is better. SOURCE spec data-plane 16.3.
void DecisionTrace::rank(const RouterState& state, const RoutingDecision& decision,
                         RoutingRecord& record) const {
  std::vector<CounterfactualCandidate> ranked;
  double chosen_score = 0;
  for (std::size_t i = 0; i < state.candidates.size(); ++i) {
    const InstanceSignals& candidate = state.candidates[i];
    const double score = decision.scores.empty() ? -static_cast<double>(effective_load(candidate))
                                                 : decision.scores[i];
    if (candidate.instance == decision.instance) chosen_score = score;
    ranked.push_back({.instance = candidate.instance,
                      .score = score,
                      .waiting_requests = candidate.waiting_requests,
                      .running_requests = candidate.running_requests,
                      .in_flight_requests = candidate.in_flight_requests,
                      .kv_utilization_ratio = candidate.kv_utilization_ratio,
                      .free_kv_blocks = candidate.details->free_kv_blocks});
  }
  // Names, not indices: instance_10 stands before instance_2.
  std::ranges::sort(ranked,
                    [&](const CounterfactualCandidate& a, const CounterfactualCandidate& b) {
                      if (a.score != b.score) return a.score > b.score;
                      return names_[a.instance.index()] < names_[b.instance.index()];
                    });
  record.regret = std::max(0.0, ranked.front().score - chosen_score);
  if (ranked.size() > static_cast<std::size_t>(k_)) ranked.resize(static_cast<std::size_t>(k_));
  record.candidates = std::move(ranked);
}

TraceSummary DecisionTrace::summarize() const {
  TraceSummary summary;
  summary.decisions = static_cast<std::int64_t>(admissions_.size());
  for (const AdmissionRecord& record : admissions_) {
    ++(record.decision.admitted ? summary.admitted : summary.rejected);
  }
  double regret_sum = 0;
  for (const RoutingRecord& record : routings_) {
    ++summary.targets[names_[record.chosen.index()]];
    regret_sum += record.regret;
    summary.max_regret = std::max(summary.max_regret, record.regret);
  }
  if (!routings_.empty()) summary.mean_regret = regret_sum / static_cast<double>(routings_.size());
  summary.disaggregation_decisions = static_cast<std::int64_t>(disaggregations_.size());
  summary.disaggregated =
      std::ranges::count(disaggregations_, true, &DisaggregationRecord::disaggregated);
  summary.kv_transfers = static_cast<std::int64_t>(kv_transfers_.size());
  double duration_sum = 0;
  for (const KvTransferRecord& record : kv_transfers_) {
    duration_sum += static_cast<double>(record.duration.count());
  }
  if (!kv_transfers_.empty()) {
    summary.mean_transfer_duration_us = duration_sum / static_cast<double>(kv_transfers_.size());
  }
  return summary;
}

}  // namespace blis::gateway
