#include "cluster/gateway_pipeline.h"

#include "base/check.h"
#include "cluster/request_retries.h"
#include "disagg/decider.h"

namespace blis::cluster {
namespace {

void count(std::vector<std::int64_t>& counts, Symbol symbol) {
  if (symbol.index() >= counts.size()) counts.resize(symbol.index() + 1);
  ++counts[symbol.index()];
}

}  // namespace

GatewayPipeline::GatewayPipeline(const ClusterConfig& config, Fleet& fleet, EventQueue& events,
                                 request::RequestTable& requests, SymbolTable& symbols)
    : config_(config),
      fleet_(fleet),
      events_(events),
      requests_(requests),
      symbols_(symbols),
      queries_(symbols, config.slo_priorities),
      book_(config.gateway.signals,
            gateway::needs_prefix_views(config.gateway.routing) ||
                disagg::find_decider(config.disaggregation.decider)->needs_prefix_views) {
  const gateway::GatewayConfig& g = config.gateway;
  if (g.trace.enabled) trace_ = std::make_unique<gateway::DecisionTrace>(g.trace);
  for (std::size_t i = 0; i < fleet_.size(); ++i) add_instance(InstanceId(i));
  const gateway::ScriptContext script{.script = g.script.get(), .symbols = &symbols_};
  routing_ = gateway::make_routing_policies(g.routing, &book_.prefix_views(), config.seed, script);
  if (config.control.empty_fleet_hold > Micros()) {
    held_.emplace(config.control.empty_fleet_hold, events_);
  }
  // Flow control replaces the configured admission policy; tenant budgets wrap whichever is active.
  if (g.flow_control.enabled) {
    flow_control_ = std::make_unique<gateway::FlowControl>(g.flow_control, symbols_, requests_);
    admission_ = gateway::make_flow_control_admission(*flow_control_);
  } else {
    admission_ = gateway::find_admission_policy(g.admission.policy)->make(g.admission, script);
  }
  if (g.admission.tenant_budgets) {
    tenants_ = std::make_unique<gateway::TenantBudgets>(
        *g.admission.tenant_budgets, config.num_instances, config.instance.max_num_seqs, symbols_);
    admission_ = gateway::make_tenant_budget_admission(*tenants_, std::move(admission_));
  }
}

void GatewayPipeline::add_instance(InstanceId instance) {
  const gateway::InstanceProfile& profile = fleet_.profile(instance);
  if (trace_) trace_->add_instance(profile.name);
  book_.add_instance(fleet_[instance], profile);
  book_.set_role(instance, fleet_.roles(instance));
}

void GatewayPipeline::arrive(RequestId request, Micros clock) {
  count(injected_by_class_, requests_[request].spec.slo_class);
  events_.push(clock + config_.gateway.admission_latency, EventKind::kAdmission, request.value());
}

// Not counted among the arrivals of its class again.
void GatewayPipeline::readmit(RequestId request, Micros clock) {
  events_.push(clock + config_.gateway.admission_latency, EventKind::kAdmission, request.value());
}

void GatewayPipeline::admit(RequestId id, Micros clock) {
  const gateway::RouteQuery query = queries_.make(id, requests_[id].spec);
  // A state that nobody looks at still refreshes what is due: reads drive the sampling (spec
  // data-plane 6.2).
  gateway::RouterState state{.clock = clock, .candidates = {}};
  if (admission_->reads_signals()) {
    state = book_.observe(clock, query.model);
  } else {
    book_.touch(clock, query.model);
  }
  const gateway::AdmissionDecision decision = admission_->decide(query, state);
  if (trace_) trace_->record_admission(id, clock, decision);
  if (!decision.admitted) {
    ++counters_.rejected;
    count_shed(id);
    report_loss(id, Loss::kRejected, clock);
    return;
  }
  if (!flow_control_) {
    events_.push(clock + config_.gateway.routing_latency, EventKind::kRouting, id.value());
    return;
  }
  const gateway::OfferResult& offer = flow_control_->last_offer();
  if (!offer.queued) return report_loss(id, Loss::kQueueFull, clock);
  if (offer.victim) {
    count_shed(*offer.victim);
    report_loss(*offer.victim, Loss::kShed, clock);
  }
  const Micros ttl = config_.gateway.flow_control.request_ttl;
  if (ttl > Micros()) events_.push(clock + ttl, EventKind::kGatewayExpiry, id.value());
  attempt_dispatch(clock);
}

void GatewayPipeline::attempt_dispatch(Micros clock) {
  if (!flow_control_->should_attempt()) return;
  if (flow_control_->needs_tick()) {
    events_.push(clock + flow_control_->tick_interval(), EventKind::kDispatchTick, 0);
  }
  gateway::RouterState state{.clock = clock, .candidates = {}};
  if (flow_control_->reads_signals()) {
    state = book_.observe(clock);
  } else {
    book_.touch(clock);
  }
  const gateway::DispatchAction action = flow_control_->attempt(state);
  if (action.evict) {
    evictions_.push_back(*action.evict);
    ++pending_evictions_;
    events_.push(clock, EventKind::kGatewayEviction,
                 static_cast<std::uint32_t>(evictions_.size() - 1));
  }
  if (action.dispatch) {
    events_.push(clock + config_.gateway.routing_latency, EventKind::kRouting,
                 action.dispatch->value());
  }
}

void GatewayPipeline::dispatch_tick(Micros clock) {
  attempt_dispatch(clock);
  if (flow_control_->rearm_tick()) {
    events_.push(clock + flow_control_->tick_interval(), EventKind::kDispatchTick, 0);
  }
}

void GatewayPipeline::expire(RequestId request, Micros clock) {
  if (requests_.is_retired(request)) return;  // has long left the queue
  const std::optional<RequestId> expired = flow_control_->expire(requests_[request].spec.name);
  if (!expired) return;
  count_shed(*expired);
  report_loss(*expired, Loss::kExpired, clock);
}

void GatewayPipeline::evict(std::uint32_t eviction, Micros clock) {
  const gateway::EvictionCandidate candidate = evictions_[eviction];
  if (--pending_evictions_ == 0) evictions_.clear();
  if (requests_.is_retired(candidate.request)) return;  // was lost in the same moment
  // A victim that is still on its way into the instance stays there, untracked [BUG, spec
  // data-plane W-B3].
  if (!fleet_[candidate.instance].evict(candidate.request, clock)) return;
  fleet_.reschedule(candidate.instance);
  book_.remove_in_flight(candidate.instance, 1);
  if (tenants_) tenants_->finish(requests_[candidate.request].spec.tenant);
  ++counters_.evicted;
  count_shed(candidate.request);
  report_loss(candidate.request, Loss::kEvicted, clock);
}

void GatewayPipeline::expire_held(RequestId request, Micros clock) {
  if (!held_->expire(request)) return;
  if (splits_ != nullptr) splits_->note_turned_away(request);
  count_routing_rejection(request, clock);
}

bool GatewayPipeline::withdraw(RequestId request, Micros clock) {
  if (!take_out(request, clock)) return false;
  note_lost(request);
  return true;
}

bool GatewayPipeline::take_out(RequestId id, Micros clock) {
  if (flow_control_ && flow_control_->withdraw(id)) return true;
  if (held_ && held_->expire(id)) return true;
  const InstanceId instance = requests_[id].measured.instance;
  if (instance.is_none() || !fleet_[instance].evict(id, clock)) return false;
  fleet_.reschedule(instance);
  book_.remove_in_flight(instance, 1);
  on_terminal(id);
  return true;
}

void GatewayPipeline::lose(RequestId request, Micros clock) {
  if (!withdraw(request, clock)) return;
  ++counters_.lost_in_drain;
  const RequestId whole = splits_ != nullptr ? splits_->whole_of(request) : request;
  if (whole != request) splits_->note_withdrawn(request);
  report_loss(whole, Loss::kInstanceLost, clock);
}

void GatewayPipeline::redirect(InstanceId instance, Micros clock) {
  const std::vector<RequestId> requests = fleet_[instance].return_unscheduled();
  if (requests.empty()) return;
  fleet_.reschedule(instance);
  book_.remove_in_flight(instance, std::ssize(requests));
  counters_.redirected += std::ssize(requests);
  for (const RequestId request : requests) {
    on_terminal(request);
    requests_[request].redirected = true;
    if (requests_[request].spec.name.part == request::RequestPart::kPrefill) {
      splits_->route_prefill_again(request, clock);
    } else {
      events_.push(clock, EventKind::kReadmission, request.value());
    }
  }
}

bool GatewayPipeline::tries_again(RequestId request, Micros clock) {
  return retries_ != nullptr && retries_->find_nobody(request, clock);
}

std::vector<RequestId> GatewayPipeline::crash(InstanceId instance) {
  std::vector<RequestId> requests = fleet_[instance].crash();
  fleet_.reschedule(instance);
  book_.remove_in_flight(instance, book_.in_flight(instance));
  for (const RequestId request : requests) on_terminal(request);
  return requests;
}

void GatewayPipeline::abort(RequestId request, InstanceId instance, Micros clock) {
  if (!fleet_[instance].abort(request, clock)) return;
  fleet_.reschedule(instance);
  book_.remove_in_flight(instance, 1);
  on_terminal(request);
}

void GatewayPipeline::route(RequestId id, Micros clock) {
  const gateway::RouteQuery query = queries_.make(id, requests_[id].spec);
  const gateway::RouterState state = book_.observe(clock, query.model);
  if (state.candidates.empty()) {
    if (hold(id, EventKind::kRouting, id.value(), clock)) return;
    return count_routing_rejection(id, clock);
  }
  const gateway::RoutingDecision decision = routing_.main->route(query, state);
  if (trace_) trace_->record_routing(id, state, decision);
  inject(query, decision.instance, clock);
}

void GatewayPipeline::inject(const gateway::RouteQuery& query, InstanceId instance, Micros clock) {
  occupy(instance, query.tenant);
  fleet_[instance].inject(query.request, clock);
  fleet_.reschedule(instance);
  if (flow_control_) flow_control_->track(query, instance, clock);
}

void GatewayPipeline::occupy(InstanceId instance, Symbol tenant) {
  book_.add_in_flight(instance);
  if (tenants_) tenants_->start(tenant);
}

void GatewayPipeline::on_terminal(RequestId request) {
  if (tenants_) tenants_->finish(requests_[request].spec.tenant);
  if (flow_control_) flow_control_->untrack(request);
}

void GatewayPipeline::release_in_flight(InstanceId instance, std::int64_t ended) {
  book_.remove_in_flight(instance, ended);
}

void GatewayPipeline::count_shed(RequestId request) {
  count(shed_by_class_, requests_[request].spec.slo_class);
}

GatewayCounters GatewayPipeline::counters() const {
  GatewayCounters counters = counters_;
  for (std::size_t i = 0; i < injected_by_class_.size(); ++i) {
    if (injected_by_class_[i] > 0) {
      counters.injected_by_class[std::string(text(Symbol(i)))] += injected_by_class_[i];
    }
  }
  for (std::size_t i = 0; i < shed_by_class_.size(); ++i) {
    if (shed_by_class_[i] == 0) continue;
    const std::string_view slo_class = text(Symbol(i));
    counters.shed_by_class[slo_class.empty() ? "standard" : std::string(slo_class)] +=
        shed_by_class_[i];
  }
  if (held_) counters.queue_depth += held_->size();
  if (flow_control_) {
    const gateway::GatewayQueueCounters& queue = flow_control_->queue().counters();
    counters.queue_depth += flow_control_->queue().size();
    counters.queue_shed = queue.shed;
    counters.queue_rejected = queue.rejected;
    counters.expired = queue.expired;
  }
  return counters;
}

}  // namespace blis::cluster
