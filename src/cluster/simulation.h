// One run of a simulated platform: construct it, call run() once, read the result.
//
//   Simulation simulation(config, symbols, source, sessions, diagnostics);
//   const SimulationResult result = simulation.run();
//
// The loop knows two kinds of pending things: one heap of cluster events, and per instance whatever
// that instance has pending. It executes whatever is due first; at equal times cluster events come
// before instance events, and instances go in index order (spec data-plane 4.4). Arrivals are
// pulled from the source one at a time, never stored ahead.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/diagnostics.h"
#include "base/symbol_table.h"
#include "cluster/cluster_config.h"
#include "cluster/control_pipeline.h"
#include "cluster/disaggregation_pipeline.h"
#include "cluster/event_queue.h"
#include "cluster/failure_pipeline.h"
#include "cluster/fleet.h"
#include "cluster/fleet_builder.h"
#include "cluster/gateway_pipeline.h"
#include "cluster/live_listener.h"
#include "cluster/request_retries.h"
#include "cluster/simulation_result.h"
#include "cluster/time_series.h"
#include "engine/instance_listener.h"
#include "request/request_source.h"

namespace blis::cluster {

/// What a progress display may know while the run goes on. Reading it changes nothing.
struct Progress {
  Micros clock;
  std::int64_t arrived_requests = 0;
  std::int64_t completed_requests = 0;
};

class Simulation final : private engine::InstanceListener {
 public:
  /// `sessions` may be nullptr; `source`, it and `diagnostics` outlive the simulation. REQUIRES
  /// config.num_instances >= 1.
  Simulation(const ClusterConfig& config, std::shared_ptr<SymbolTable> symbols,
             request::RequestSource& source, request::SessionListener* sessions,
             Diagnostics& diagnostics);

  /// `hook` is called once per few thousand events; it must not change anything.
  void set_progress_hook(std::function<void(const Progress&)> hook) {
    progress_hook_ = std::move(hook);
  }

  /// Hands rows to `listener` while the run goes on; changes nothing else. REQUIRES  interval > 0;
  /// called before run(); `listener` outlives it.
  void record_time_series(Micros interval, TimeSeriesListener& listener);

  /// Runs until nothing is pending or the next event lies beyond the horizon. REQUIRES  called
  /// once.
  SimulationResult run();

  // The same run, driven from outside: start() once, then source_grew() and run_before() in turn.
  // What happens does not depend on where the turns are taken, as long as each request is in the
  // source before its arrival time is reached.

  /// From now on the source may have a next request although it had none before. `listener`
  /// outlives the simulation.
  void start(LiveListener& listener);
  /// Looks at the source again. REQUIRES  new arrivals are not before the last run_before().
  void source_grew() {
    if (!next_arrival_) pull_arrival();
  }
  /// Nothing more will come, so that whoever waits for the end (the autoscaler) can see it.
  void close_source() { source_is_open_ = false; }
  /// Executes everything that is due before `end`.
  void run_before(Micros end);
  /// When there is something to execute next; Micros::max() if there is nothing.
  Micros next_event_time() const;
  /// The sender of a request has gone: its place in a queue and its blocks become free. False if it
  /// is between two stations and must be asked for again after the next event.
  bool withdraw(RequestId request);
  /// The instance breaks down, now and for good: those that it has start over or are lost, as the
  /// settings of failures say; without any they are lost.
  void drop_instance(InstanceId instance);
  /// What a run would return. REQUIRES  called once, last; requests are not forgotten.
  SimulationResult finish();

  /// Of the instance's GPU cache, since the last call; see KvConfig::records_index_changes.
  std::vector<kv::IndexChange> take_cache_changes(InstanceId instance) {
    return fleet_[instance].kv().take_index_changes();
  }

  const Fleet& fleet() const { return fleet_; }
  const request::RequestTable& requests() const { return *requests_; }
  control::InstanceState state_of(InstanceId instance) const { return control_.state(instance); }
  /// nullptr without node pools.
  const control::Nodes* nodes() const {
    return builder_.has_node_pools() ? &builder_.nodes() : nullptr;
  }
  /// Those that died and keep their GPUs until they live again.
  std::size_t instances_to_restart() const { return control_.awaited().size(); }
  std::int64_t gateway_queue_size() const { return gateway_.queue_size(); }
  GatewayCounters gateway_counters() const { return gateway_.counters(); }
  Micros clock() const { return clock_; }
  /// The request that was split into this half; the request itself if it is whole.
  RequestId origin_of(RequestId request) const;

 private:
  void on_terminal(RequestId request, request::TerminalOutcome outcome, Micros at) override;

  bool arrival_is_next() const;
  void pull_arrival();
  void execute_arrival();
  void note_arrival(RequestId request);
  bool keeps_requests() const { return config_.finished_requests == FinishedRequests::kKept; }
  bool forgets_requests() const {
    return config_.finished_requests == FinishedRequests::kForgotten;
  }
  void retire_ended();
  void forget(RequestId request);
  void forget_lost();
  void execute(const ClusterEvent& event);
  void process_instance_event();
  void note_end(RequestId request, request::TerminalOutcome outcome);
  /// Whatever is pending serves nobody: it goes on for ever by itself, or is void. COST
  /// O(instances) when no cluster event but such is left.
  bool only_background_is_left() const;
  void check_standstill(const engine::Instance& instance) const;
  void report_progress();
  void advance_time_series(Micros now, bool is_instance_event);

  ClusterConfig config_;
  std::shared_ptr<SymbolTable> symbols_;
  request::RequestSource& source_;
  request::SessionListener* sessions_;
  Diagnostics& diagnostics_;
  std::shared_ptr<request::RequestTable> requests_;
  EventQueue events_;
  Fleet fleet_;
  FleetBuilder builder_;
  GatewayPipeline gateway_;
  ControlPipeline control_;
  std::unique_ptr<DisaggregationPipeline> disaggregation_;  // nullptr without pools
  std::optional<TimeSeries> time_series_;
  Micros next_row_ = Micros::max();  // of the time series
  RequestRetries retries_;
  FailurePipeline failures_;
  std::optional<request::RequestSpec> next_arrival_;
  std::vector<RequestId> arrivals_;  // if all are kept
  std::int64_t arrived_requests_ = 0;
  std::vector<RequestId> ended_;      // in the current event, if they are not kept
  LiveListener* listener_ = nullptr;  // nullptr: the run is not live
  bool source_is_open_ = false;
  Micros clock_;
  std::int64_t completed_requests_ = 0;
  std::uint32_t events_until_progress_ = 0;
  std::function<void(const Progress&)> progress_hook_;
};

}  // namespace blis::cluster
