// Everything that a run leaves behind for the reports: typed records, no text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/symbol_table.h"
#include "engine/instance_metrics.h"
#include "gateway/decision_trace.h"
#include "request/request.h"

namespace blis::cluster {

struct InstanceResult {
  std::string name;  ///< `instance_<n>`
  engine::InstanceMetrics metrics;
  std::vector<RequestId> rows;  ///< requests with a metrics row at this instance, in order of injection
};

/// Requests that ended before they reached an instance. SOURCE spec data-plane 5.5.
struct GatewayCounters {
  std::int64_t rejected = 0;           ///< by admission
  std::int64_t routing_rejections = 0;
  std::int64_t encode_routing_rejections = 0;
  std::int64_t queue_depth = 0;        ///< still in the gateway queue when the run ended
  std::int64_t queue_shed = 0;
  std::int64_t queue_rejected = 0;
  std::int64_t evicted = 0;
  std::int64_t expired = 0;
  std::map<std::string, std::int64_t> shed_by_class;      ///< "" counts as `standard`
  std::map<std::string, std::int64_t> injected_by_class;  ///< arrivals, raw class text
};

struct SimulationResult {
  std::shared_ptr<const SymbolTable> symbols;
  std::shared_ptr<const request::RequestTable> requests;
  std::vector<InstanceResult> instances;  ///< instance order, terminated ones included
  std::vector<RequestId> arrivals;        ///< requests in the order in which their arrival event fired; the trace export
  GatewayCounters gateway;
  std::optional<gateway::TraceSummary> trace_summary;  ///< only if decisions were traced
  Micros post_decode_overhead;
  bool counts_priority_inversions = false;  ///< the scheduler is priority-fcfs
  Micros clock;                             ///< when the run ended
};

}  // namespace blis::cluster
