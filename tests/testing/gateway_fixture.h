// Candidates and queries for gateway tests, without engines.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/instance_signals.h"
#include "gateway/route_query.h"
#include "gateway/scorer.h"

namespace blis::testing {

/// A candidate with this many waiting and running requests, nothing in flight.
inline gateway::InstanceSignals at(std::uint32_t instance, std::int32_t waiting,
                                   std::int32_t running, std::int32_t in_flight = 0,
                                   double kv_utilization = 0) {
  gateway::InstanceSignals signals;
  signals.instance = InstanceId(instance);
  signals.waiting_requests = waiting;
  signals.running_requests = running;
  signals.in_flight_requests = in_flight;
  signals.kv_utilization_ratio = kv_utilization;
  return signals;
}

/// A query of request `request` with this many prompt tokens.
inline gateway::RouteQuery query_of(std::uint32_t request, std::int64_t input_tokens = 0) {
  gateway::RouteQuery query;
  query.request = RequestId(request);
  query.input_tokens = input_tokens;
  query.priority = 3;
  return query;
}

/// Scores of a fresh scorer of this name for one decision.
inline std::vector<double> scores_of(std::string_view name,
                                     const std::vector<gateway::InstanceSignals>& candidates,
                                     const gateway::RouteQuery& query = query_of(0)) {
  const std::unique_ptr<gateway::Scorer> scorer = gateway::find_scorer(name)->make({});
  std::vector<double> scores(candidates.size());
  scorer->score(query, candidates, scores);
  return scores;
}

}  // namespace blis::testing
