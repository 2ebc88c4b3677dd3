// Flow control: instead of being rejected, requests wait at the gateway until the cluster has room.
//
// This class holds the queue, the saturation detector and the record of what could be evicted, and
// says what to do; the cluster owns time and events. What the cluster does with it (spec
// data-plane 10.5-10.9), at clock c:
//   admission event   decide() of make_flow_control_admission() offers the request; then, if
//   last_offer().queued: count the
//                     victim as shed, push an expiry at c + TTL if there is one, make one dispatch
//                     attempt
//   dispatch attempt  if should_attempt(): if needs_tick() push a tick at c + tick_interval();
//   build the router state without
//                     a request; act on attempt(): push a routing event at c + routing latency, or
//                     an eviction event at c
//   tick event        one dispatch attempt; then, if rearm_tick(), push the next tick
//   expiry event      expire(name); routing event: track(); eviction event: Instance::evict; end of
//   a request: untrack()
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "gateway/admission_policy.h"
#include "gateway/eviction_tracker.h"
#include "gateway/gateway_config.h"
#include "gateway/gateway_queue.h"
#include "gateway/route_query.h"
#include "gateway/saturation_detector.h"
#include "request/request_table.h"

namespace blis::gateway {

/// What a dispatch attempt decided; at most one of the two is set.
struct DispatchAction {
  std::optional<RequestId> dispatch;       ///< left the queue: route it
  std::optional<EvictionCandidate> evict;  ///< take this one off its instance
};

class FlowControl {
 public:
  /// `symbols` and `requests` outlive it. Stamps gateway_enqueue and gateway_dispatch of the
  /// requests.
  FlowControl(const FlowControlConfig& config, const SymbolTable& symbols,
              request::RequestTable& requests);

  /// SOURCE spec data-plane 10.2.
  OfferResult offer(const RouteQuery& query, Micros clock);
  const OfferResult& last_offer() const { return last_offer_; }

  // Dispatch attempts and ticks. SOURCE spec data-plane 10.7.
  bool should_attempt() const { return !queue_.empty(); }
  /// Marks a tick as pending; true if none was, so that one must be pushed.
  bool needs_tick();
  Micros tick_interval() const { return tick_interval_; }
  /// Whether attempt() looks at the candidates of its state.
  bool reads_signals() const { return detector_->reads_signals(); }
  DispatchAction attempt(const RouterState& state);
  /// After the attempt of a tick: true if the next tick must be pushed.
  bool rearm_tick();

  /// The TTL of a request ran out. Returns the request that left the queue, if it still waited.
  std::optional<RequestId> expire(const request::RequestName& name) { return queue_.expire(name); }

  /// See GatewayQueue::withdraw().
  bool withdraw(RequestId request) { return queue_.withdraw(request); }

  /// A request was routed on the standard or the local path; remembers it if it may be evicted.
  void track(const RouteQuery& query, InstanceId instance, Micros clock);
  /// A request reached its end.
  void untrack(RequestId request);

  const GatewayQueue& queue() const { return queue_; }
  const FlowControlConfig& config() const { return config_; }

 private:
  FlowControlConfig config_;
  request::RequestTable& requests_;
  GatewayQueue queue_;
  std::unique_ptr<SaturationDetector> detector_;
  EvictionTracker tracker_;
  Micros tick_interval_;
  OfferResult last_offer_;
  bool tick_pending_ = false;
};

/// The admission policy that flow control puts in place of the configured one: offers to the queue
/// and always admits. `flow_control` outlives the result.
std::unique_ptr<AdmissionPolicy> make_flow_control_admission(FlowControl& flow_control);

}  // namespace blis::gateway
