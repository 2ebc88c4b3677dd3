// Everything that a run leaves behind for the reports: typed records, no text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/symbol_table.h"
#include "control/gpu_ledger.h"
#include "engine/adapter_cache.h"
#include "engine/instance_metrics.h"
#include "gateway/decision_trace.h"
#include "kv/storage_network.h"
#include "request/request_table.h"

namespace blis::cluster {

using engine::AdapterCounts;

struct InstanceResult {
  std::string name;  ///< `instance_<n>`, `autoscale-<model>-<n>`
  engine::InstanceMetrics metrics;
  std::vector<RequestId>
      rows;  ///< requests with a metrics row at this instance, in order of injection
  std::map<Symbol, AdapterCounts>
      adapter_counts;           ///< only adapters with at least one load or eviction
  bool serves_prefill = false;  ///< has the prefill role (shared instances have both)
  bool serves_decode = false;   ///< has the decode role
};

/// Requests that ended before they reached an instance. SOURCE spec data-plane 5.5.
struct GatewayCounters {
  std::int64_t rejected = 0;  ///< by admission
  std::int64_t routing_rejections = 0;
  std::int64_t encode_routing_rejections = 0;
  std::int64_t queue_depth = 0;  ///< still in the gateway queue when the run ended
  std::int64_t queue_shed = 0;
  std::int64_t queue_rejected = 0;
  std::int64_t evicted = 0;
  std::int64_t expired = 0;
  std::int64_t redirected = 0;     ///< from a draining instance to the gateway; ended elsewhere
  std::int64_t lost_in_drain = 0;  ///< with an instance that was not given the time to finish
  std::map<std::string, std::int64_t> shed_by_class;      ///< "" counts as `standard`
  std::map<std::string, std::int64_t> injected_by_class;  ///< arrivals, raw class text
};

/// How instances got onto nodes. An extension; see docs/fleet.md.
struct PlacementCounters {
  std::int64_t nodes = 0;  ///< at the end, those that are provisioned or down included
  std::int64_t nodes_provisioned = 0;
  std::int64_t nodes_removed = 0;
  std::int64_t instances_waiting = 0;  ///< for GPUs, at the end
  std::int64_t instances_waited = 0;   ///< that were not placed at once, restarts included
  std::int64_t most_waiting = 0;       ///< at one time
};

/// What failed, and whom it hit. An extension; see docs/fleet.md.
struct FailureCounters {
  std::int64_t gpu_failures = 0;
  std::int64_t node_failures = 0;
  std::int64_t instance_failures = 0;     ///< of the process alone
  std::int64_t instances_evacuated = 0;   ///< that died with a GPU or a node
  std::int64_t instance_restarts = 0;     ///< in place
  std::int64_t interrupted_requests = 0;  ///< a request may count several times
  std::int64_t request_retries = 0;
  std::int64_t lost_requests = 0;
};

/// A request that was split into a prefill and a decode half. SOURCE spec disaggregation 5.1,
/// 10, 11.
struct DisaggregatedParent {
  /// The original request. When its projection gave it a metrics row, its own `measured` holds the
  /// projected values (spec disaggregation 10) with `registered` set and `instance` = the decode
  /// instance; otherwise `measured` is empty. Its state and `ttft_set` stay those of a request that
  /// never ran, which is what its trace row shows.
  RequestId request;
  Micros transfer_start{};     ///< 0 = never started
  Micros transfer_complete{};  ///< 0 = never completed
  bool has_decode_instance = false;
};

/// What disaggregation adds to a run. SOURCE spec disaggregation 9, 11.
struct DisaggregationResult {
  std::int64_t prefill_completed = 0;
  std::int64_t decode_completed = 0;
  std::int64_t decode_timed_out = 0;
  std::int64_t dropped_at_decode_kv = 0;
  std::int64_t pending_decode = 0;
  std::int64_t abandoned_after_prefill = 0;    ///< interrupted by a failure after that completed
  std::vector<DisaggregatedParent> parents{};  ///< any order

  struct Contention {
    std::int64_t peak_concurrent_transfers = 0;
    double mean_transfer_queue_depth = 0;
  };
  std::optional<Contention> contention{};  ///< only if transfers share their link
};

struct SimulationResult {
  std::shared_ptr<const SymbolTable> symbols;
  std::shared_ptr<const request::RequestTable> requests;
  std::vector<InstanceResult> instances;  ///< instance order, terminated ones included
  bool keeps_finished_requests = true;    ///< ClusterConfig's; if not, `requests` holds records
  std::int64_t arrived_requests = 0;
  std::vector<RequestId> arrivals;  ///< requests in the order in which their arrival event fired,
                                    ///< for the trace export; empty unless all are kept
  GatewayCounters gateway;
  std::optional<gateway::TraceSummary> trace_summary;  ///< only if decisions were traced
  /// Only if pools were configured. The rows of instances then hold sub-requests, recognised by
  /// RequestName::part.
  std::optional<DisaggregationResult> disaggregation;
  std::optional<kv::StorageUse> storage{};     ///< only if instances share storage
  std::optional<PlacementCounters> placement;  ///< only if instances may wait for GPUs
  std::optional<FailureCounters> failures;     ///< only if something can fail
  Micros post_decode_overhead;
  bool counts_priority_inversions = false;  ///< the scheduler is priority-fcfs
  Micros clock;                             ///< when the run ended
  control::GpuUsage gpu_usage;              ///< until then
};

}  // namespace blis::cluster
