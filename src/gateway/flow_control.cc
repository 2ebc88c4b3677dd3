#include "gateway/flow_control.h"

#include <cmath>

#include "base/check.h"

namespace blis::gateway {
namespace {

constexpr Micros kDefaultTickInterval(1000);

class FlowControlAdmission final : public AdmissionPolicy {
 public:
  explicit FlowControlAdmission(FlowControl& flow_control) : flow_control_(flow_control) {}

  AdmissionDecision decide(const RouteQuery& query, const RouterState& state) override {
    const OfferResult offer = flow_control_.offer(query, state.clock);
    AdmissionDecision decision;
    decision.reason = offer.queued ? AdmissionReason::kFlowControlEnqueued
                                   : AdmissionReason::kFlowControlQueueRejected;
    return decision;
  }

 private:
  FlowControl& flow_control_;
};

}  // namespace

FlowControl::FlowControl(const FlowControlConfig& config, const SymbolTable& symbols,
                         request::RequestTable& requests)
    : config_(config),
      requests_(requests),
      queue_(config, symbols),
      detector_(find_saturation_detector(config.saturation.detector)->make(config.saturation)),
      tick_interval_(config.dispatch_tick_interval == Micros() ? kDefaultTickInterval
                                                               : config.dispatch_tick_interval) {}

OfferResult FlowControl::offer(const RouteQuery& query, Micros clock) {
  request::Request& r = requests_[query.request];
  last_offer_ = queue_.offer(query, r.spec.name, clock);
  r.measured.gateway_enqueue = last_offer_.queued ? clock : Micros();
  if (last_offer_.victim) requests_[*last_offer_.victim].measured.gateway_enqueue = Micros();
  return last_offer_;
}

bool FlowControl::needs_tick() {
  if (tick_pending_) return false;
  tick_pending_ = true;
  return true;
}

DispatchAction FlowControl::attempt(const RouterState& state) {
  const double saturation = detector_->saturation(state);
  BLIS_CHECK(std::isfinite(saturation), "data-plane 10.7: saturation {} at {}", saturation,
             state.clock.count());
  DispatchAction action;
  const bool evicts = saturation >= 1.0 && config_.in_flight_eviction && !tracker_.empty() &&
                      queue_.has_non_sheddable();
  if (evicts) {
    action.evict = tracker_.pop();
    return action;
  }
  action.dispatch = queue_.gated_dequeue(saturation);
  if (action.dispatch) requests_[*action.dispatch].measured.gateway_dispatch = state.clock;
  return action;
}

bool FlowControl::rearm_tick() {
  tick_pending_ = !queue_.empty();
  return tick_pending_;
}

void FlowControl::track(const RouteQuery& query, InstanceId instance, Micros clock) {
  if (!config_.in_flight_eviction || !query.is_sheddable()) return;
  tracker_.track({.priority = query.priority,
                  .dispatched = clock,
                  .request = query.request,
                  .instance = instance,
                  .name = requests_[query.request].spec.name});
}

void FlowControl::untrack(RequestId request) {
  if (config_.in_flight_eviction) tracker_.remove(requests_[request].spec.name);
}

std::unique_ptr<AdmissionPolicy> make_flow_control_admission(FlowControl& flow_control) {
  return std::make_unique<FlowControlAdmission>(flow_control);
}

}  // namespace blis::gateway
