// The way of a request from its arrival to an instance: admission, perhaps the gateway queue,
// routing, injection.
//
// Owns the gateway's policies and counters; its member functions are the cluster events of spec
// data-plane 5 and 10, one each, and push what follows from them. Knows nothing of the loop that
// calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/cluster_config.h"
#include "cluster/event_queue.h"
#include "cluster/fleet.h"
#include "cluster/holding_room.h"
#include "cluster/live_listener.h"
#include "cluster/simulation_result.h"
#include "cluster/split_requests.h"
#include "gateway/admission_policy.h"
#include "gateway/decision_trace.h"
#include "gateway/flow_control.h"
#include "gateway/route_query.h"
#include "gateway/routing_policy.h"
#include "gateway/signals.h"
#include "gateway/tenant_budgets.h"

namespace blis::cluster {

class RequestRetries;

class GatewayPipeline {
 public:
  /// All references outlive the pipeline. Adds every instance that the fleet holds to its book.
  GatewayPipeline(const ClusterConfig& config, Fleet& fleet, EventQueue& events,
                  request::RequestTable& requests, SymbolTable& symbols);

  // Cluster events, at `clock`.
  void arrive(RequestId request, Micros clock);
  void readmit(RequestId request, Micros clock);
  void admit(RequestId request, Micros clock);
  void route(RequestId request, Micros clock);
  void dispatch_tick(Micros clock);
  void expire(RequestId request, Micros clock);
  void evict(std::uint32_t eviction, Micros clock);
  void expire_held(RequestId request, Micros clock);

  /// Takes an instance that joined the fleet into the book. REQUIRES  called in fleet order.
  void add_instance(InstanceId instance);

  /// A request reached its end inside an instance (spec data-plane 5.6).
  void on_terminal(RequestId request);
  /// `ended` requests of the instance reached an end in one event (spec data-plane 4.4).
  void release_in_flight(InstanceId instance, std::int64_t ended);
  /// Whether anybody here wants on_terminal().
  bool watches_terminals() const { return tenants_ || flow_control_; }

  GatewayCounters counters() const;

  /// The instance dies: whoever is on it, or on the way into it, is returned as if no instance had
  /// seen it. None of them is in flight any more.
  std::vector<RequestId> crash(InstanceId instance);
  /// Takes the request off the instance, also if it is on the way into it.
  void abort(RequestId request, InstanceId instance, Micros clock);

  /// Who was interrupted by a failure tries again where others would be turned away.
  void set_retries(RequestRetries& retries) { retries_ = &retries; }
  /// Tells this one of every request that is lost from now on.
  void set_listener(LiveListener* listener) { listener_ = listener; }
  /// The sender of the request has gone: takes it out of the gateway queue or off the instance that
  /// it waits or runs at. False if it is on its way between the two; nothing has changed then.
  bool withdraw(RequestId request, Micros clock);
  /// Requests that found no instance, so far.
  std::int64_t turned_away() const {
    return counters_.routing_rejections + counters_.encode_routing_rejections;
  }
  /// The request is taken off the draining instance that it waits or runs at, and is lost.
  void lose(RequestId request, Micros clock);
  /// Whoever waits at the draining instance and never ran is routed anew: whole requests come to
  /// the gateway as if they arrived now, prefills look for another instance. A decode half stays:
  /// its KV is here.
  void redirect(InstanceId instance, Micros clock);
  /// Requests may be split. The argument outlives the gateway.
  void set_split_requests(SplitRequests& splits) { splits_ = &splits; }
  /// Those that ended outside of instances since the last call, some of them twice. REQUIRES
  /// requests are forgotten.
  std::vector<RequestId> take_lost() { return std::exchange(lost_, {}); }
  /// The request has come to its end, and nobody will ask for it again.
  void forget(RequestId request) {
    if (held_) held_->forget(request);
  }
  /// Requests that ended outside of instances so far.
  std::int64_t losses() const { return losses_; }
  /// Those of them that were turned away: by admission, the gateway queue or routing.
  std::int64_t rejections() const { return rejections_; }
  std::int64_t queue_size() const {
    return (flow_control_ ? flow_control_->queue().size() : 0) + (held_ ? held_->size() : 0);
  }

  // For routing through pools.
  gateway::SignalBook& book() { return book_; }
  gateway::RoutingPolicies& policies() { return routing_; }
  /// nullptr unless decisions are recorded.
  gateway::DecisionTrace* trace() { return trace_.get(); }
  gateway::RouteQuery query_of(RequestId request) {
    return queries_.make(request, requests_[request].spec);
  }
  /// There is nobody to route the request to: holds it until there is, if that is what the
  /// configuration says. `kind` and `subject` are those of the event that would route it again.
  bool hold(RequestId request, EventKind kind, std::uint32_t subject, Micros clock) {
    return held_ && held_->hold(request, kind, subject, clock);
  }
  /// The request will not be routed by the event that it is held for.
  void stop_holding(RequestId request) {
    if (held_) held_->expire(request);
  }
  /// An instance begins to serve.
  void release_held(Micros clock) {
    if (held_) held_->release(clock);
  }
  void count_routing_rejection(RequestId request, Micros clock) {
    if (tries_again(request, clock)) return;
    ++counters_.routing_rejections;
    report_loss(request, Loss::kNoInstance, clock);
  }
  void count_encode_rejection(RequestId request, Micros clock) {
    if (tries_again(request, clock)) return;
    ++counters_.encode_routing_rejections;
    report_loss(request, Loss::kNoInstance, clock);
  }
  void report_loss(RequestId request, Loss loss, Micros clock) {
    ++losses_;
    note_lost(request);
    if (loss != Loss::kNoRoomForKv && loss != Loss::kInstanceLost) ++rejections_;
    if (listener_ != nullptr) listener_->on_loss(request, loss, clock);
  }
  /// One more request in flight at the instance, for this tenant.
  void occupy(InstanceId instance, Symbol tenant);
  /// Sends the request to the instance; from now on it may be evicted.
  void inject(const gateway::RouteQuery& query, InstanceId instance, Micros clock);

 private:
  void attempt_dispatch(Micros clock);
  /// Whether a request that found nobody is one that a failure interrupted, and is dealt with.
  bool tries_again(RequestId request, Micros clock);
  bool take_out(RequestId request, Micros clock);
  void note_lost(RequestId request) {
    if (config_.finished_requests == FinishedRequests::kForgotten) lost_.push_back(request);
  }
  void count_shed(RequestId request);
  std::string_view text(Symbol symbol) const { return symbols_.text(symbol); }

  const ClusterConfig& config_;
  Fleet& fleet_;
  EventQueue& events_;
  request::RequestTable& requests_;
  SymbolTable& symbols_;
  gateway::QueryMaker queries_;
  gateway::SignalBook book_;
  gateway::RoutingPolicies routing_;
  std::unique_ptr<gateway::FlowControl> flow_control_;  // nullptr: requests are not queued
  std::optional<HoldingRoom> held_;                     // absent: requests are turned away
  std::unique_ptr<gateway::TenantBudgets> tenants_;     // nullptr: tenants are not tracked
  std::unique_ptr<gateway::AdmissionPolicy> admission_;
  std::unique_ptr<gateway::DecisionTrace> trace_;      // nullptr: nothing is recorded
  std::vector<gateway::EvictionCandidate> evictions_;  // by subject of their event
  std::size_t pending_evictions_ = 0;                  // of them, those whose event is to come
  std::vector<RequestId> lost_;                        // see take_lost()
  std::vector<std::int64_t> injected_by_class_;        // by class symbol
  std::vector<std::int64_t> shed_by_class_;            // by class symbol
  GatewayCounters counters_;
  std::int64_t losses_ = 0;
  std::int64_t rejections_ = 0;
  RequestRetries* retries_ = nullptr;  // nullptr only until the simulation is built
  LiveListener* listener_ = nullptr;
  SplitRequests* splits_ = nullptr;  // nullptr: nobody is split
};

}  // namespace blis::cluster
