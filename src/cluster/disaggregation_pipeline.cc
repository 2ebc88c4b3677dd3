#include "cluster/disaggregation_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <utility>

#include "base/error.h"
#include "request/request_name.h"

namespace blis::cluster {

using request::Measurements;
using request::Request;
using request::RequestPart;
using request::RequestSpec;
using request::RequestState;
using request::TerminalOutcome;

DisaggregationPipeline::DisaggregationPipeline(const ClusterConfig& config, Fleet& fleet,
                                               GatewayPipeline& gateway, EventQueue& events,
                                               request::RequestTable& requests,
                                               const SymbolTable& symbols,
                                               request::SessionListener* sessions)
    : config_(config),
      fleet_(fleet),
      gateway_(gateway),
      events_(events),
      requests_(requests),
      symbols_(symbols),
      sessions_(sessions),
      decider_(disagg::find_decider(config.disaggregation.decider)
                   ->make({.prefix_threshold_tokens = config.disaggregation.prefix_threshold_tokens,
                           .block_size_tokens = config.instance.block_size_tokens,
                           .prefix_views = &gateway.book().prefix_views()})),
      encode_decider_(disagg::find_encode_decider(config.disaggregation.encode_decider)),
      transfers_(config.disaggregation.transfer) {}

// -------------------------------------------------------------------------------------------------------
// routing

void DisaggregationPipeline::route(RequestId id, Micros clock) {
  const gateway::RouteQuery query = gateway_.query_of(id);
  const gateway::RouterState decode_state =
      gateway_.book().observe_pool(clock, gateway::kDecodeRole);
  if (decode_state.candidates.empty()) {
    if (gateway_.hold(id, EventKind::kRouting, id.value(), clock)) return;
    return gateway_.count_routing_rejection(id, clock);
  }
  gateway::RoutingDecision decision = gateway_.policies().for_decode().route(query, decode_state);
  const bool splits = decider_->disaggregates(query, decision.instance);
  gateway::DecisionTrace* trace = gateway_.trace();
  if (trace != nullptr) trace->record_disaggregation(id, clock, splits);
  std::vector<double> scores;
  const bool encodes =
      config_.disaggregation.pools.encode > 0 && encode_decider_->encodes(requests_[id].spec);
  if (encodes) {
    // The encode stage may ask the same policy again, which reuses the memory of its scores.
    scores.assign(decision.scores.begin(), decision.scores.end());
    decision.scores = scores;
    const gateway::RouterState state = gateway_.book().observe_pool(clock, gateway::kEncodeRole);
    if (state.candidates.empty()) return gateway_.count_encode_rejection(id, clock);
    const gateway::RoutingDecision encode = gateway_.policies().main->route(query, state);
    if (trace != nullptr) trace->record_encode_routing(id, state, encode);
  }
  if (splits) return split(id, decision.instance, clock);
  if (trace != nullptr) trace->record_routing(id, decode_state, decision);
  gateway_.inject(query, decision.instance, clock);
}

void DisaggregationPipeline::split(RequestId id, InstanceId decode_instance, Micros clock) {
  const std::int64_t block_size = config_.instance.block_size_tokens;
  const auto index = static_cast<std::uint32_t>(parents_.size());
  Parent& parent = parents_.emplace_back();
  parent.request = id;
  parent.decode_instance = decode_instance;
  parent.kv_blocks = (requests_[id].spec.input_tokens + block_size - 1) / block_size;
  parent.prefill = add_sub_request(index, RequestPart::kPrefill);
  events_.push(clock, EventKind::kPrefillRouting, index);
}

// A half has the tokens, budget, deadline and labels of the original; session, adapter, target and
// modalities stay behind (spec disaggregation 5.2, 5.3).
RequestId DisaggregationPipeline::add_sub_request(std::uint32_t parent, RequestPart part) {
  const RequestSpec& from = requests_[parents_[parent].request].spec;
  RequestSpec spec;
  spec.name = from.name;
  spec.name.part = part;
  spec.arrival = from.arrival;
  spec.deadline = from.deadline;
  spec.input_tokens = from.input_tokens;
  spec.output_tokens = part == RequestPart::kPrefill ? 0 : from.output_tokens;
  spec.max_output_tokens = from.max_output_tokens;
  spec.keys = from.keys;
  spec.tenant = from.tenant;
  spec.slo_class = from.slo_class;
  spec.model = from.model;
  spec.prefix_group = from.prefix_group;
  const RequestId id = requests_.add(std::move(spec));
  parent_of_.resize(id.index() + 1);
  parent_of_[id.index()] = parent;
  return id;
}

void DisaggregationPipeline::route_prefill(std::uint32_t index, Micros clock) {
  Parent& parent = parents_[index];
  if (parent.stage != Stage::kPrefill) return;  // abandoned
  const gateway::RouterState state = gateway_.book().observe_pool(clock, gateway::kPrefillRole);
  const bool finds_nobody = state.candidates.empty();
  if (finds_nobody && gateway_.hold(parent.request, EventKind::kPrefillRouting, index, clock)) {
    return;
  }
  // The parent stays for ever unfinished, and its session hears nothing [BUG, spec
  // disaggregation 8.6].
  if (finds_nobody) {
    parent.stage = Stage::kOver;
    return gateway_.count_routing_rejection(parent.request, clock);
  }
  const gateway::RouteQuery query = gateway_.query_of(parent.prefill);
  const gateway::RoutingDecision decision = gateway_.policies().for_prefill().route(query, state);
  parent.prefill_instance = decision.instance;
  if (gateway_.trace() != nullptr) {
    gateway_.trace()->record_prefill_routing(parent.request, state, decision);
  }
  require_tokens(parent, query.input_tokens);
  gateway_.occupy(decision.instance, query.tenant);
  fleet_[decision.instance].inject(parent.prefill, clock);
  fleet_.reschedule(decision.instance);
}

// ------------------------------------------------------------------------------------------------------
// transfer

void DisaggregationPipeline::start_transfer(std::uint32_t index, Micros clock) {
  Parent& parent = parents_[index];
  if (parent.stage != Stage::kPrefill) return;  // abandoned
  parent.transfer_start = clock;
  const RequestId decode = add_sub_request(index, RequestPart::kDecode);
  Request& r = requests_[decode];
  r.state = RequestState::kWaitingForRemoteKvs;
  r.is_decode_sub_request = true;
  if (!gateway_.book().is_routable(parent.decode_instance) ||
      !fleet_[parent.decode_instance].reserve_transferred_kv(decode)) {
    drop_at_decode(parent, clock);
    events_.push(clock, EventKind::kKvTransferComplete, index);
    return;
  }
  parent.decode = decode;
  parent.stage = Stage::kTransfer;
  events_.push(clock + transfers_.start(parent.kv_blocks), EventKind::kKvTransferComplete, index);
}

void DisaggregationPipeline::drop_at_decode(Parent& parent, Micros clock) {
  ++counters_.dropped_at_decode_kv;
  parent.completion = clock;
  parent.decode = RequestId::none();
  parent.stage = Stage::kOver;
  gateway_.report_loss(parent.request, Loss::kNoRoomForKv, clock);
}

RequestId DisaggregationPipeline::whole_of(RequestId request) const {
  const bool is_whole = requests_[request].spec.name.part == RequestPart::kWhole;
  return is_whole ? request : parents_[parent_of_[request.index()]].request;
}

void DisaggregationPipeline::note_turned_away(RequestId request) {
  const auto last = std::find_if(parents_.rbegin(), parents_.rend(),
                                 [&](const Parent& parent) { return parent.request == request; });
  if (last != parents_.rend() && last->stage == Stage::kPrefill) last->stage = Stage::kOver;
}

void DisaggregationPipeline::route_prefill_again(RequestId half, Micros clock) {
  const std::uint32_t index = parent_of_[half.index()];
  parents_[index].prefill_instance = InstanceId::none();
  events_.push(clock, EventKind::kPrefillRouting, index);
}

RequestId DisaggregationPipeline::current_half(RequestId request) const {
  // The latest split of a request is near the end: whoever gives up does so soon.
  for (auto parent = parents_.rbegin(); parent != parents_.rend(); ++parent) {
    if (parent->request == request) {
      if (parent->stage == Stage::kAbandoned) return request;
      return parent->decode.is_none() ? parent->prefill : parent->decode;
    }
  }
  return request;
}

void DisaggregationPipeline::complete_transfer(std::uint32_t index, Micros clock) {
  Parent& parent = parents_[index];
  // Dropped when the transfer was to start, or abandoned since.
  if (parent.stage != Stage::kTransfer) return;
  parent.transfer_complete = clock;
  transfers_.complete();
  engine::Instance& instance = fleet_[parent.decode_instance];
  if (!gateway_.book().is_routable(parent.decode_instance)) {
    instance.release_kv(parent.decode);
    return drop_at_decode(parent, clock);
  }
  Request& r = requests_[parent.decode];
  require_tokens(parent, r.spec.output_tokens);
  r.state = RequestState::kQueued;
  if (gateway_.trace() != nullptr) {
    gateway_.trace()->record_kv_transfer(
        {.parent = parent.request,
         .start = parent.transfer_start,
         .duration = std::max(Micros(), clock - parent.transfer_start),
         .blocks = parent.kv_blocks,
         .prefill_instance = parent.prefill_instance,
         .decode_instance = parent.decode_instance});
  }
  gateway_.occupy(parent.decode_instance, r.spec.tenant);
  ++counters_.pending_decode;
  parent.stage = Stage::kDecode;
  instance.enqueue_decode_sub_request(parent.decode, clock);
  fleet_.reschedule(parent.decode_instance);
}

// [BUG] The reference crashes when an instance computes such a half (spec disaggregation 8.4).
void DisaggregationPipeline::require_tokens(const Parent& parent, std::int64_t tokens) const {
  if (tokens > 0) return;
  const RequestSpec& spec = requests_[parent.request].spec;
  throw DataError(fmt::format(
      "{} has {} input and {} output tokens and cannot be split between prefill and decode "
      "instances: both must be > 0",
      request::format_name(spec.name, symbols_), spec.input_tokens, spec.output_tokens));
}

// -----------------------------------------------------------------------------------------------
// ends of the halves

void DisaggregationPipeline::note_terminal(RequestId id, TerminalOutcome outcome, Micros at) {
  if (outcome == TerminalOutcome::kCompleted) step_end_ = at;
  const RequestPart part = requests_[id].spec.name.part;
  if (part == RequestPart::kPrefill && outcome == TerminalOutcome::kCompleted) {
    ended_prefills_.push_back(id);
  } else if (part == RequestPart::kPrefill) {
    parents_[parent_of_[id.index()]].stage = Stage::kOver;
  } else if (part == RequestPart::kDecode) {
    (outcome == TerminalOutcome::kCompleted ? completed_decodes_ : timed_out_decodes_)
        .push_back(id);
  }
}

void DisaggregationPipeline::abandon_requests_of(InstanceId instance, Micros clock,
                                                 std::vector<RequestId>& requests) {
  const auto is_over = [](const Parent& parent) { return parent.stage >= Stage::kOver; };
  while (first_not_over_ < parents_.size() && is_over(parents_[first_not_over_])) ++first_not_over_;
  for (std::size_t i = first_not_over_; i < parents_.size(); ++i) {
    Parent& parent = parents_[i];
    const bool needs_prefill = parent.stage == Stage::kPrefill || parent.stage == Stage::kTransfer;
    if (is_over(parent)) continue;
    if (parent.decode_instance != instance &&
        !(needs_prefill && parent.prefill_instance == instance)) {
      continue;
    }
    abandon(parent, clock);
    requests.push_back(parent.request);
  }
}

// Whatever of it is at the other of its two instances leaves that one, too.
void DisaggregationPipeline::abandon(Parent& parent, Micros clock) {
  switch (parent.stage) {
    case Stage::kPrefill:
      if (!parent.prefill_instance.is_none()) {
        gateway_.abort(parent.prefill, parent.prefill_instance, clock);
      } else {
        gateway_.stop_holding(parent.request);
      }
      break;
    case Stage::kTransfer:
      ++counters_.abandoned_after_prefill;
      transfers_.complete();
      fleet_[parent.decode_instance].release_kv(parent.decode);
      break;
    case Stage::kDecode:  // only its decode instance can have died, and took it along
      ++counters_.abandoned_after_prefill;
      --counters_.pending_decode;
      break;
    case Stage::kOver:
    case Stage::kAbandoned:
      break;
  }
  parent.stage = Stage::kAbandoned;
  requests_[parent.prefill].spec.keys.reset();
  if (!parent.decode.is_none()) requests_[parent.decode].spec.keys.reset();
}

// The order among halves that end in one event is that of their names, suffix included; with
// contention it decides which transfer gets which share (spec disaggregation 8.1).
// What completes does so at the start of its last step, so that the transfer does not wait for it
// [BUG, spec disaggregation 8.1], unless that was asked to be otherwise.
void DisaggregationPipeline::detect_ends(InstanceId instance, Micros clock) {
  const Micros completed_at = config_.instance.step_effects_at_end ? step_end_ : clock;
  if (!ended_prefills_.empty()) {
    sort_by_name(ended_prefills_);
    for (const RequestId id : ended_prefills_) {
      ++counters_.prefill_completed;
      events_.push(completed_at, EventKind::kKvTransferStart, parent_of_[id.index()]);
    }
    ended_prefills_.clear();
  }
  if (completed_decodes_.empty() && timed_out_decodes_.empty()) return;
  sort_by_name(completed_decodes_);
  for (const RequestId id : completed_decodes_) {
    ++counters_.decode_completed;
    end_decode(parents_[parent_of_[id.index()]], TerminalOutcome::kCompleted,
               completed_at + fleet_[instance].post_decode_overhead());
  }
  completed_decodes_.clear();
  sort_by_name(timed_out_decodes_);
  for (const RequestId id : timed_out_decodes_) {
    ++counters_.decode_timed_out;
    end_decode(parents_[parent_of_[id.index()]], TerminalOutcome::kTimedOut, clock);
  }
  timed_out_decodes_.clear();
}

void DisaggregationPipeline::end_decode(Parent& parent, TerminalOutcome outcome, Micros at) {
  --counters_.pending_decode;
  parent.completion = at;
  parent.stage = Stage::kOver;
  RequestSpec& original = requests_[parent.request].spec;
  if (sessions_ != nullptr) {
    std::optional<RequestSpec> follow_up =
        sessions_->on_terminal(original, outcome, requests_[parent.decode].progress, at);
    if (follow_up) {
      const Micros arrival = follow_up->arrival;
      events_.push(arrival, EventKind::kArrival, requests_.add(std::move(*follow_up)).value());
    }
  }
  original.keys.reset();  // nothing reads a finished request's blocks
}

void DisaggregationPipeline::sort_by_name(std::vector<RequestId>& sub_requests) const {
  std::ranges::stable_sort(sub_requests, [&](RequestId a, RequestId b) {
    return std::is_lt(
        request::compare_names(requests_[a].spec.name, requests_[b].spec.name, symbols_));
  });
}

// ----------------------------------------------------------------------------------------------------
// projection

DisaggregationResult DisaggregationPipeline::finish() {
  for (const Parent& parent : parents_) {
    if (parent.stage == Stage::kAbandoned) continue;
    project(parent);
    counters_.parents.push_back({.request = parent.request,
                                 .transfer_start = parent.transfer_start,
                                 .transfer_complete = parent.transfer_complete,
                                 .has_decode_instance = !parent.decode_instance.is_none()});
  }
  if (transfers_.has_contention()) {
    counters_.contention = {.peak_concurrent_transfers = transfers_.peak_concurrent(),
                            .mean_transfer_queue_depth = transfers_.mean_depth()};
  }
  return counters_;
}

// A drop and a time-out at the decode instance have a completion time, too, and so count as
// completed here [BUG, spec disaggregation 10].
void DisaggregationPipeline::project(const Parent& parent) {
  if (parent.completion > Micros()) requests_[parent.request].measured = projection_of(parent);
}

Measurements DisaggregationPipeline::projection_of(const Parent& parent) const {
  const Measurements& prefill = requests_[parent.prefill].measured;
  const bool has_decode = !parent.decode.is_none();
  const Measurements none;
  const Measurements& decode = has_decode ? requests_[parent.decode].measured : none;
  Measurements m = requests_[parent.request].measured;
  const Micros arrival = requests_[parent.request].spec.arrival;

  m.registered = true;
  m.instance = parent.decode_instance;
  if (decode.has_scheduling_delay && decode.has_e2e) {
    // A half that was preempted and prefilled again has its first-token time, which contains the
    // delay, in its own E2E.
    const bool contains_delay = requests_[parent.decode].first_token != Micros();
    m.e2e = decode.e2e + (contains_delay ? Micros() : decode.scheduling_delay);
  } else {
    m.e2e = parent.completion - arrival;
  }
  m.has_e2e = m.e2e >= Micros();
  if (m.has_e2e) m.completion_time = arrival + m.e2e;
  if (prefill.has_ttft) {
    m.has_ttft = true;
    m.ttft = prefill.ttft;
    if (decode.has_scheduling_delay && decode.itl_count > 0) {
      const Micros first_token = decode.scheduling_delay + decode.itl_first;
      if (first_token >= Micros()) m.ttft = first_token;
    }
  }
  m.has_scheduling_delay = prefill.has_scheduling_delay;
  m.scheduling_delay = prefill.scheduling_delay;
  m.has_itl_mean = decode.has_itl_mean;
  m.itl_mean_us = decode.itl_mean_us;
  m.itl_count = decode.itl_count;
  return m;
}

}  // namespace blis::cluster
