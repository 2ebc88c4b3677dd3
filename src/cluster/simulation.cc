#include "cluster/simulation.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "cluster/standstill.h"

namespace blis::cluster {
namespace {

constexpr std::uint32_t kEventsPerProgress = 4096;
constexpr std::size_t kMostUnwantedRows = 1024;  // of an instance, of requests that are forgotten

/// The settings with the adapters by symbol, which is how requests name them.
ClusterConfig intern_adapters(ClusterConfig config, SymbolTable& symbols) {
  if (!config.lora.is_active()) return config;
  auto adapters = std::make_shared<engine::AdapterSettings>();
  adapters->capacity = *config.lora.adapter_capacity;
  adapters->cost = std::make_shared<model::LoraCostModel>(config.lora);
  for (const model::LoraAdapter& adapter : config.lora.adapters) {
    adapters->ranks[symbols.intern(adapter.id)] = adapter.rank;
  }
  config.instance.adapters = std::move(adapters);
  return config;
}

}  // namespace

Simulation::Simulation(const ClusterConfig& config, std::shared_ptr<SymbolTable> symbols,
                       request::RequestSource& source, request::SessionListener* sessions,
                       Diagnostics& diagnostics)
    : config_(intern_adapters(config, *symbols)),
      symbols_(std::move(symbols)),
      source_(source),
      sessions_(sessions),
      diagnostics_(diagnostics),
      requests_(std::make_shared<request::RequestTable>()),
      fleet_(config_, *requests_, *symbols_, *this),
      builder_(config_, fleet_, *symbols_, diagnostics),
      gateway_(config_, fleet_, events_, *requests_, *symbols_),
      control_(config_, fleet_, builder_, gateway_, events_, *symbols_, diagnostics),
      disaggregation_(config_.disaggregation.pools.are_active()
                          ? std::make_unique<DisaggregationPipeline>(config_, fleet_, gateway_,
                                                                     events_, *requests_, *symbols_,
                                                                     sessions_)
                          : nullptr),
      retries_(config_.control.failures, gateway_, events_, *requests_, sessions_),
      failures_(builder_, control_, gateway_, disaggregation_.get(), *requests_, retries_) {
  const bool keeps_enough =
      keeps_requests() ||
      (forgets_requests() ? config_.can_forget_requests() : !config_.needs_finished_requests());
  BLIS_CHECK(keeps_enough, "cluster: requests that somebody asks for are not kept");
  gateway_.set_retries(retries_);
  if (disaggregation_) gateway_.set_split_requests(*disaggregation_);
}

void Simulation::record_time_series(Micros interval, TimeSeriesListener& listener) {
  time_series_.emplace(interval, listener, config_, fleet_, control_, gateway_, builder_);
  next_row_ = time_series_->next();
}

SimulationResult Simulation::run() {
  pull_arrival();
  if (!next_arrival_) diagnostics_.warn("the workload contains no requests");
  run_before(Micros::max());
  return finish();
}

void Simulation::start(LiveListener& listener) {
  listener_ = &listener;
  gateway_.set_listener(&listener);
  source_is_open_ = true;
  pull_arrival();
}

void Simulation::run_before(Micros end) {
  for (;;) {
    const bool arrival_first = arrival_is_next();
    const Micros cluster_time = arrival_first     ? next_arrival_->arrival
                                : events_.empty() ? Micros::max()
                                                  : events_.top().time;
    const Micros instance_time = fleet_.next_event_time();
    const Micros now = std::min(cluster_time, instance_time);
    if (now >= end || now > config_.instance.horizon) break;
    if (!arrival_first && now == cluster_time && only_background_is_left()) break;
    if (now > next_row_) advance_time_series(now, cluster_time > instance_time);
    if (cluster_time > instance_time) {
      process_instance_event();
    } else {
      clock_ = now;
      if (arrival_first) {
        execute_arrival();
      } else {
        execute(events_.pop());
      }
    }
    forget_lost();
    report_progress();
  }
}

// -------------------------------------------------------------------------------------------------
// the next event

// Arrivals of the source run before arrivals created during the run at the same time, and after
// infrastructure events (spec data-plane 4.3); so only an event that sorts before an arrival goes
// first at equal times.
bool Simulation::arrival_is_next() const {
  if (!next_arrival_) return false;
  if (events_.empty() || next_arrival_->arrival < events_.top().time) return true;
  return next_arrival_->arrival == events_.top().time &&
         priority_of(events_.top().kind) >= priority_of(EventKind::kArrival);
}

Micros Simulation::next_event_time() const {
  Micros next = fleet_.next_event_time();
  if (!events_.empty() && events_.top().time <= next) {
    if (only_background_is_left()) return Micros::max();
    next = events_.top().time;
  }
  if (next_arrival_) next = std::min(next, next_arrival_->arrival);
  return next > config_.instance.horizon ? Micros::max() : next;
}

bool Simulation::only_background_is_left() const {
  if (events_.has_foreground() || next_arrival_ || source_is_open_) return false;
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    if (!fleet_[InstanceId(i)].is_at_rest()) return false;
  }
  return true;
}

void Simulation::pull_arrival() { next_arrival_ = source_.next(); }

void Simulation::execute_arrival() {
  const RequestId id = requests_->add(std::move(*next_arrival_));
  pull_arrival();
  note_arrival(id);
  if (listener_ != nullptr) listener_->on_arrival(id);
  gateway_.arrive(id, clock_);
}

void Simulation::note_arrival(RequestId request) {
  ++arrived_requests_;
  if (keeps_requests()) arrivals_.push_back(request);
}

void Simulation::execute(const ClusterEvent& event) {
  const RequestId id(event.subject);
  switch (event.kind) {
    case EventKind::kNodeReady:
      return control_.finish_provisioning(event.subject, event.time);
    case EventKind::kNodeIdle:
      return control_.settle_nodes(event.time);
    case EventKind::kNodeFailure:
      return failures_.fail_node(event.subject, event.time);
    case EventKind::kNodeRepair:
      return failures_.repair_node(event.subject, event.time);
    case EventKind::kGpuFailure:
      return failures_.fail_gpu(event.subject, event.time);
    case EventKind::kGpuRepair:
      return failures_.repair_gpu(event.subject, event.time);
    case EventKind::kInstanceFailure:
      return failures_.fail_instance(InstanceId(event.subject), event.time);
    case EventKind::kInstanceRestart:
      return failures_.restart_instance(InstanceId(event.subject), event.time);
    case EventKind::kInstanceLoaded:
      return control_.finish_loading(InstanceId(event.subject), event.time);
    case EventKind::kArrival:
      note_arrival(id);
      return gateway_.arrive(id, event.time);
    case EventKind::kReadmission:
      return gateway_.readmit(id, event.time);
    case EventKind::kAdmission:
      return gateway_.admit(id, event.time);
    case EventKind::kRouting:
    case EventKind::kRetry:
      return disaggregation_ ? disaggregation_->route(id, event.time)
                             : gateway_.route(id, event.time);
    case EventKind::kPrefillRouting:
      return disaggregation_->route_prefill(event.subject, event.time);
    case EventKind::kKvTransferStart:
      return disaggregation_->start_transfer(event.subject, event.time);
    case EventKind::kKvTransferComplete:
      return disaggregation_->complete_transfer(event.subject, event.time);
    case EventKind::kGatewayEviction:
      return gateway_.evict(event.subject, event.time);
    case EventKind::kGatewayExpiry:
      return gateway_.expire(id, event.time);
    case EventKind::kHoldExpiry:
      return gateway_.expire_held(id, event.time);
    case EventKind::kDispatchTick:
      return gateway_.dispatch_tick(event.time);
    case EventKind::kScalingTick:
      return control_.tick(event.time,
                           source_is_open_ || next_arrival_ || events_.pending_arrivals() > 0);
    case EventKind::kScaleActuation:
      return control_.actuate(event.subject, event.time);
  }
}

void Simulation::process_instance_event() {
  const InstanceId id = fleet_.next_instance();
  engine::Instance& instance = fleet_[id];
  const Micros now = instance.next_event_time();
  const engine::TerminalCounts before = instance.terminal_counts();
  const std::int64_t steps_before = instance.metrics().steps;
  // The deadline of a request that completed before moves no clock.
  if (instance.process_next_event()) clock_ = now;
  const engine::TerminalCounts after = instance.terminal_counts();
  fleet_.reschedule(id);
  completed_requests_ += after.completed - before.completed;
  if (after.total() != before.total())
    gateway_.release_in_flight(id, after.total() - before.total());
  if (listener_ != nullptr && instance.metrics().steps != steps_before) listener_->on_step(id);
  control_.end_if_drained(id, clock_);
  if (disaggregation_) disaggregation_->detect_ends(id, clock_);
  if (deserves_a_look(instance, config_.max_idle_steps)) check_standstill(instance);
  retire_ended();
  if (forgets_requests() && instance.rows().size() >= kMostUnwantedRows) instance.take_rows();
}

// Whoever told us of the ends is done with these requests by now.
void Simulation::retire_ended() {
  for (const RequestId request : ended_) {
    forgets_requests() ? forget(request) : requests_->retire(request);
  }
  ended_.clear();
}

void Simulation::forget(RequestId request) {
  gateway_.forget(request);
  retries_.forget(request);
  requests_->forget(request);
}

// Those that ended outside of instances are no records, because the summary says nothing of them.
void Simulation::forget_lost() {
  if (!forgets_requests()) return;
  for (const RequestId request : gateway_.take_lost()) forget(request);
}

void Simulation::check_standstill(const engine::Instance& instance) const {
  // A failure could still end it.
  const bool may_fail = config_.control.failures.any();
  const bool nothing_else_pending = !source_is_open_ && !next_arrival_ &&
                                    (may_fail ? events_.empty() : !events_.has_foreground());
  const bool has_gone_on_too_long =
      config_.max_idle_steps > 0 && instance.idle_steps() >= config_.max_idle_steps;
  if (has_gone_on_too_long || (nothing_else_pending && never_ends(instance, fleet_, config_))) {
    throw Standstill(instance, fleet_.requests(), *symbols_);
  }
}

// ----------------------------------------------------------------------------------------------
// ends of requests

void Simulation::on_terminal(RequestId id, request::TerminalOutcome outcome, Micros at) {
  if (gateway_.watches_terminals()) gateway_.on_terminal(id);
  if (disaggregation_) disaggregation_->note_terminal(id, outcome, at);
  if (listener_ != nullptr) listener_->on_end(id, outcome, at);
  if (time_series_) note_end(id, outcome);
  request::Request& r = (*requests_)[id];
  if (sessions_ != nullptr) {
    std::optional<request::RequestSpec> follow_up =
        sessions_->on_terminal(r.spec, outcome, r.progress, at);
    if (follow_up) {
      const Micros arrival = follow_up->arrival;
      events_.push(arrival, EventKind::kArrival, requests_->add(std::move(*follow_up)).value());
    }
  }
  r.spec.keys.reset();  // nothing reads a finished request's blocks
  if (!keeps_requests()) ended_.push_back(id);
}

// A request that was split ends with its second half, or with a first one that does not complete.
void Simulation::note_end(RequestId id, request::TerminalOutcome outcome) {
  const request::Request& r = (*requests_)[id];
  const request::RequestPart part = r.spec.name.part;
  const bool completed = outcome == request::TerminalOutcome::kCompleted;
  if (part == request::RequestPart::kPrefill && completed) return;
  const bool is_half = part == request::RequestPart::kDecode && completed;
  time_series_->note_end(outcome, is_half ? disaggregation_->measured_as_whole(id) : r.measured);
}

bool Simulation::withdraw(RequestId request) {
  const RequestId half = disaggregation_ ? disaggregation_->current_half(request) : request;
  if (!gateway_.withdraw(half, clock_)) return false;
  if (half != request) disaggregation_->note_withdrawn(half);
  const InstanceId instance = (*requests_)[half].measured.instance;
  if (!instance.is_none()) control_.end_if_drained(instance, clock_);
  (*requests_)[half].spec.keys.reset();
  (*requests_)[request].spec.keys.reset();
  forget_lost();
  return true;
}

void Simulation::drop_instance(InstanceId instance) {
  failures_.drop_instance(instance, clock_);
  forget_lost();
}

RequestId Simulation::origin_of(RequestId request) const {
  return disaggregation_ ? disaggregation_->whole_of(request) : request;
}

// ---------------------------------------------------------------------------------------------------
// the outcome

// A deadline that means nothing any more moves no clock, and so ends no window either.
void Simulation::advance_time_series(Micros now, bool is_instance_event) {
  if (is_instance_event && fleet_[fleet_.next_instance()].next_event_is_void()) return;
  time_series_->advance(now, std::ssize(arrivals_));
  next_row_ = time_series_->next();
}

void Simulation::report_progress() {
  if (!progress_hook_ || ++events_until_progress_ < kEventsPerProgress) return;
  events_until_progress_ = 0;
  progress_hook_({.clock = clock_,
                  .arrived_requests = arrived_requests_,
                  .completed_requests = completed_requests_});
}

SimulationResult Simulation::finish() {
  BLIS_CHECK(!forgets_requests(), "cluster: a result is asked for, of requests that are forgotten");
  if (time_series_) {
    time_series_->finish(std::min(clock_, config_.instance.horizon), std::ssize(arrivals_));
  }
  SimulationResult result;
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    engine::Instance& instance = fleet_[InstanceId(i)];
    instance.finalize();
    InstanceResult& of_instance = result.instances.emplace_back();
    of_instance.name = fleet_.profile(InstanceId(i)).name;
    of_instance.metrics = instance.metrics();
    of_instance.adapter_counts = instance.adapter_counts();
    of_instance.rows = instance.take_rows();
    of_instance.rows.shrink_to_fit();
    const gateway::PoolRoles role = fleet_.roles(InstanceId(i));
    of_instance.serves_prefill = (role & gateway::kPrefillRole) != 0;
    of_instance.serves_decode = (role & gateway::kDecodeRole) != 0;
  }
  result.symbols = symbols_;
  result.requests = requests_;
  result.keeps_finished_requests = keeps_requests();
  result.arrived_requests = arrived_requests_;
  result.arrivals = std::move(arrivals_);
  result.gateway = gateway_.counters();
  if (gateway_.trace() != nullptr) result.trace_summary = gateway_.trace()->summarize();
  if (disaggregation_) result.disaggregation = disaggregation_->finish();
  result.storage = fleet_.storage_use();
  const bool may_fail = config_.control.failures.any();
  if (config_.control.instances_wait() || (may_fail && builder_.has_node_pools())) {
    result.placement = control_.placement_counters();
  }
  if (may_fail) result.failures = failures_.counters();
  result.post_decode_overhead = config_.latency->post_decode_overhead();
  result.counts_priority_inversions = config_.instance.scheduler == "priority-fcfs";
  result.clock = std::min(clock_, config_.instance.horizon);
  result.gpu_usage = builder_.ledger().usage(result.clock);
  return result;
}

}  // namespace blis::cluster
