#include "live/serve/platform.h"

#include <algorithm>
#include <utility>

#include "request/request_name.h"

namespace blis::live {

using cluster::Loss;
using request::Request;
using request::RequestPart;
using request::TerminalOutcome;

std::optional<request::RequestSpec> Platform::Source::next() {
  if (specs.empty()) return std::nullopt;
  request::RequestSpec spec = std::move(specs.front());
  specs.pop_front();
  return spec;
}

namespace {

/// Nobody asks a server for the result of its run, so what only the result would need is not kept.
cluster::ClusterConfig without_a_result(cluster::ClusterConfig config) {
  config.gateway.trace.enabled = false;
  config.finished_requests = config.can_forget_requests() ? cluster::FinishedRequests::kForgotten
                                                          : cluster::FinishedRequests::kKept;
  return config;
}

}  // namespace

Platform::Platform(const cluster::ClusterConfig& config, std::shared_ptr<SymbolTable> symbols,
                   Diagnostics& diagnostics)
    : symbols_(std::move(symbols)),
      simulation_(without_a_result(config), symbols_, source_, nullptr, diagnostics) {
  simulation_.start(*this);
}

Ticket Platform::submit(request::RequestSpec spec, Micros now) {
  // Everything up to `advanced_to_` has happened, so that is too early to arrive.
  const Micros earliest = advanced_to_ + Micros(1);
  const Ticket ticket = next_ticket_++;
  spec.arrival = std::max(now, earliest);
  spec.name.number = static_cast<std::int64_t>(ticket) - 1;
  arriving_.push_back(ticket);
  source_.specs.push_back(std::move(spec));
  simulation_.source_grew();
  return ticket;
}

InstanceId Platform::cancel(Ticket ticket) {
  const auto found = places_.find(ticket);
  if (found == places_.end()) {
    const bool is_to_arrive = !arriving_.empty() && ticket >= arriving_.front();
    if (is_to_arrive) cancelled_early_.push_back(ticket);  // else its end has been told
    return InstanceId::none();
  }
  const Place place = found->second;
  places_.erase(found);
  if (place.request.is_none()) return place.instance;
  live_.erase(place.request.value());
  withdrawals_.push_back(place.request);
  const InstanceId instance = simulation_.requests()[place.request].measured.instance;
  retry_withdrawals();
  return instance;
}

void Platform::advance(Micros now) {
  if (now <= advanced_to_) return;
  advanced_to_ = now;
  const Micros end = now + Micros(1);
  // Whoever is to be taken out is looked for after each moment in which something happens.
  while (!withdrawals_.empty() && simulation_.next_event_time() < end) {
    simulation_.run_before(simulation_.next_event_time() + Micros(1));
    retry_withdrawals();
  }
  simulation_.run_before(end);
}

std::optional<Notice> Platform::next_notice(Micros now) {
  while (!pending_.empty() && pending_.front().at <= now) {
    std::ranges::pop_heap(pending_, Later());
    const std::uint32_t slot = pending_.back().slot;
    pending_.pop_back();
    unused_notices_.push_back(slot);
    const Notice& notice = notices_[slot];
    const auto place = places_.find(notice.ticket);
    if (place == places_.end()) continue;  // cancelled
    if (notice.ended) places_.erase(place);
    return notice;
  }
  return std::nullopt;
}

Micros Platform::next_due() const {
  const Micros notice = pending_.empty() ? Micros::max() : pending_.front().at;
  return std::min(simulation_.next_event_time(), notice);
}

Platform::Room Platform::room() const {
  Room room{.table = simulation_.requests().room()};
  const cluster::Fleet& fleet = simulation_.fleet();
  for (std::size_t i = 0; i < fleet.size(); ++i) room.rows += fleet[InstanceId(i)].rows().size();
  room.own = arriving_.size() + live_.size() + places_.size() + cancelled_early_.size() +
             withdrawals_.size() + pending_.size() + steps_.size();
  return room;
}

// ------------------------------------------------------------------------------------------------
// what the simulation tells

void Platform::on_arrival(RequestId request) {
  const Ticket ticket = arriving_.front();
  arriving_.pop_front();
  if (std::erase(cancelled_early_, ticket) > 0) {
    withdrawals_.push_back(request);
    return;
  }
  live_[request.value()].ticket = ticket;
  places_[ticket].request = request;
}

void Platform::on_step(InstanceId id) {
  const engine::Instance& instance = simulation_.fleet()[id];
  std::int64_t tokens = 0;
  for (const RequestId request : instance.running_requests()) {
    const Request& r = simulation_.requests()[request];
    Live* live = find(request);
    if (live == nullptr) continue;
    const bool was_admitted_now = r.scheduled_step == instance.metrics().steps;
    if (was_admitted_now && !r.is_decode_sub_request) {
      live->cached_tokens = r.computed_tokens - r.step_tokens;
    }
    tokens += std::max<std::int64_t>(r.step_tokens, 1);
    if (r.spec.name.part != RequestPart::kPrefill) report_tokens(request, id, *live);
  }
  steps_.push_back({id, tokens});
}

void Platform::on_end(RequestId request, TerminalOutcome outcome, Micros at) {
  const Request& r = simulation_.requests()[request];
  const InstanceId instance = r.measured.instance;
  Live* live = find(request);
  if (live == nullptr) {
    if (r.spec.name.part != RequestPart::kPrefill || outcome != TerminalOutcome::kCompleted) {
      std::erase(withdrawals_, simulation_.origin_of(request));
    }
    return;
  }
  if (r.measured.has_scheduling_delay && !r.is_decode_sub_request &&
      r.scheduled_step == simulation_.fleet()[instance].metrics().steps) {
    live->cached_tokens = r.computed_tokens - r.step_tokens;
  }
  // The answer of a split request is made by its decode half.
  const bool is_prefill_half = r.spec.name.part == RequestPart::kPrefill;
  if (is_prefill_half && outcome == TerminalOutcome::kCompleted) return;
  switch (outcome) {
    case TerminalOutcome::kCompleted:
      report_tokens(request, instance, *live);
      return end(request, EndReason::kCompleted, at, instance);
    case TerminalOutcome::kTimedOut:
      return end(request, EndReason::kTimedOut, at, instance);
    case TerminalOutcome::kDropped:
      return end(request, EndReason::kUnservable, at, instance);
  }
}

void Platform::on_loss(RequestId request, Loss loss, Micros at) {
  std::erase(withdrawals_, simulation_.origin_of(request));
  switch (loss) {
    case Loss::kRejected:
    case Loss::kQueueFull:
    case Loss::kShed:
    case Loss::kExpired:
      return end(request, EndReason::kRejected, at, InstanceId::none());
    case Loss::kInstanceLost:
      return end(request, EndReason::kInstanceLost, at,
                 simulation_.requests()[request].measured.instance);
    case Loss::kEvicted:
      return end(request, EndReason::kEvicted, at,
                 simulation_.requests()[request].measured.instance);
    case Loss::kNoInstance:
    case Loss::kNoRoomForKv:
      return end(request, EndReason::kNoInstance, at, InstanceId::none());
  }
}

// ------------------------------------------------------------------------------------------------
// notices

Platform::Live* Platform::find(RequestId request) {
  const auto found = live_.find(simulation_.origin_of(request).value());
  return found == live_.end() ? nullptr : &found->second;
}

void Platform::report_tokens(RequestId request, InstanceId instance, Live& live) {
  const engine::TokenProgress now = simulation_.fleet()[instance].token_progress(request);
  // A preempted request makes its tokens again; they have been sent.
  if (now.tokens <= live.reported_tokens) return;
  const bool is_first = live.reported_tokens == 0;
  const Micros at = std::max(now.last_token_at, live.last_token_at);
  push({.ticket = live.ticket,
        .tokens = now.tokens,
        .new_tokens = now.tokens - live.reported_tokens,
        .at = at,
        .gap = is_first ? Micros() : at - live.last_token_at,
        .instance = instance,
        .ended = std::nullopt,
        .record = {}});
  if (is_first) live.first_token_at = at;
  live.reported_tokens = now.tokens;
  live.last_token_at = at;
}

void Platform::end(RequestId request, EndReason reason, Micros at, InstanceId instance) {
  const RequestId origin = simulation_.origin_of(request);
  const auto found = live_.find(origin.value());
  if (found == live_.end()) return;
  const Live live = found->second;
  live_.erase(found);
  places_[live.ticket] = {.request = RequestId::none(), .instance = instance};
  Notice notice{.ticket = live.ticket,
                .tokens = live.reported_tokens,
                .new_tokens = 0,
                .at = std::max(at, live.last_token_at),
                .gap = {},
                .instance = instance,
                .ended = reason,
                .record = {}};
  if (reason == EndReason::kCompleted) {
    const Request& r = simulation_.requests()[request];
    notice.at = live.last_token_at + simulation_.fleet()[instance].post_decode_overhead();
    notice.record = {.instance = instance,
                     .prompt_tokens = r.spec.input_tokens,
                     .cached_tokens = live.cached_tokens,
                     .output_tokens = live.reported_tokens,
                     .max_tokens = r.spec.max_output_tokens,
                     .queued = r.measured.scheduling_delay,
                     .ttft = live.first_token_at - r.spec.arrival,
                     .e2e = notice.at - r.spec.arrival};
  }
  push(notice);
}

void Platform::push(const Notice& notice) {
  auto slot = static_cast<std::uint32_t>(notices_.size());
  if (unused_notices_.empty()) {
    notices_.push_back(notice);
  } else {
    slot = unused_notices_.back();
    unused_notices_.pop_back();
    notices_[slot] = notice;
  }
  pending_.push_back({.at = notice.at, .serial = next_serial_++, .slot = slot});
  std::ranges::push_heap(pending_, Later());
}

// A request between two stations is asked for again when time has gone on.
void Platform::retry_withdrawals() {
  std::erase_if(withdrawals_, [this](RequestId request) {
    const request::RequestState state = simulation_.requests().state(request);
    const bool has_ended =
        state == request::RequestState::kCompleted || state == request::RequestState::kTimedOut;
    return has_ended || simulation_.withdraw(request);
  });
}

}  // namespace blis::live
