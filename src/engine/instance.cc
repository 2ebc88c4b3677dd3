#include "engine/instance.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/fast_stepper.h"
#include "engine/plain_stepper.h"

namespace blis::engine {

using request::Request;
using request::RequestState;
using request::TerminalOutcome;

InstanceState::InstanceState(const InstanceConfig& config_in,
                             const latency::LatencyModel& latency_in,
                             std::unique_ptr<kv::KvStore> kv_in, const SloPriorities& priorities_in,
                             request::RequestTable& requests_in, const SymbolTable& symbols_in,
                             InstanceListener& listener_in)
    : config(config_in),
      latency(latency_in),
      kv(std::move(kv_in)),
      priorities(priorities_in),
      requests(requests_in),
      symbols(symbols_in),
      listener(listener_in),
      scheduler(find_scheduler(config.scheduler)->make({symbols, config.script.get()})),
      preemption(find_preemption_policy(config.preemption_policy)->make()),
      output_token_time(latency.output_token_processing_time()),
      post_decode_overhead(latency.post_decode_overhead()),
      waiting(*scheduler, requests) {
  if (config.adapters) adapters.emplace(config.adapters);
}

void InstanceState::publish_private_blocks(RequestId id) {
  Request& r = requests[id];
  if (!r.spec.keys || !r.spec.keys->rest_is_private) return;
  r.spec.keys =
      request::make_own_keys(*r.spec.keys, id, r.spec.input_tokens + r.spec.output_tokens);
  kv->publish_private_blocks(kv_client(id));
}

namespace {

std::unique_ptr<Stepper> make_stepper(InstanceState& state, InstanceId instance) {
  if (state.config.speculation.is_on()) {
    state.speculation.emplace(state.config.speculation, instance);
  }
  kv::SingleTierCache* gpu_tier = state.kv->gpu_tier();
  // With speculative decoding a step touches every decoding request anyway.
  if (state.config.stepper == StepperKind::kPlain || gpu_tier == nullptr || state.speculation) {
    return std::make_unique<PlainStepper>(state);
  }
  return std::make_unique<FastStepper>(state, *gpu_tier);
}

/// As if no instance had seen the request yet; what the gateway noted, and who had it last, stays.
/// A limit of its output that this instance would have set counts as set by it, and is lifted.
void start_over(Request& r, std::int64_t max_len) {
  if (max_len > 0 && r.spec.max_output_tokens == max_len - r.spec.input_tokens) {
    r.spec.max_output_tokens = 0;
  }
  r.state = RequestState::kQueued;
  r.ttft_set = false;
  r.adapter_pinned = false;
  r.progress = 0;
  r.step_tokens = 0;
  r.computed_tokens = 0;
  r.first_token = Micros();
  r.scheduled_step = 0;
  r.finished_step = 0;
  request::Measurements fresh;
  fresh.gateway_enqueue = r.measured.gateway_enqueue;
  fresh.gateway_dispatch = r.measured.gateway_dispatch;
  fresh.instance = r.measured.instance;
  r.measured = fresh;
}

}  // namespace

Instance::Instance(InstanceId id, const InstanceConfig& config,
                   const latency::LatencyModel& latency, std::unique_ptr<kv::KvStore> kv,
                   const SloPriorities& priorities, request::RequestTable& requests,
                   const SymbolTable& symbols, InstanceListener& listener)
    : id_(id),
      s_(config, latency, std::move(kv), priorities, requests, symbols, listener),
      stepper_(make_stepper(s_, id)) {}

// ----------------------------------------------------------------------------------------------------
// driving

Micros Instance::next_event_time() const {
  Micros next =
      std::min({s_.arrivals.next_time(), s_.enqueues.next_time(), s_.deadlines.next_time()});
  if (s_.pending_step) next = std::min(next, *s_.pending_step);
  if (s_.adapters) next = std::min(next, s_.adapters->load_ends_at());
  if (!s_.departures.empty()) next = std::min(next, s_.departures.front());
  return next;
}

// At one tick: arrivals, then enqueues, then the end of an adapter load, then the step, then
// departures, then deadlines, so that a completion beats a time-out (spec engine 4.2).
bool Instance::process_next_event() {
  const Micros now = next_event_time();
  if (s_.arrivals.next_time() == now) {
    const RequestId id = s_.arrivals.pop().request;
    s_.clock = now;
    s_.enqueues.push(now + s_.latency.queueing_time(s_.requests[id].spec.input_tokens), id);
  } else if (s_.enqueues.next_time() == now) {
    s_.clock = now;
    enqueue(s_.enqueues.pop().request);
    s_.step_if_idle(now);
  } else if (s_.adapters && s_.adapters->load_ends_at() == now) {
    s_.clock = now;
    s_.adapters->finish_load();
    s_.note_change();
    s_.step_if_idle(now);
  } else if (s_.pending_step == now) {
    s_.clock = now;
    stepper_->step(now);
  } else if (!s_.departures.empty() && s_.departures.front() == now) {
    s_.departures.pop_front();
    s_.clock = now;
  } else {
    BLIS_CHECK(!s_.deadlines.empty(), "engine: instance {} was driven without a pending event",
               id_.value());
    const RequestId id = s_.deadlines.pop().request;
    if (s_.requests.state(id) == RequestState::kCompleted) return false;
    s_.clock = now;
    time_out(id, now);
  }
  return true;
}

bool Instance::next_event_is_void() const {
  if (s_.deadlines.empty()) return false;
  const Micros now = s_.deadlines.next_time();
  const bool others_come_first = s_.arrivals.next_time() == now || s_.enqueues.next_time() == now ||
                                 (s_.adapters && s_.adapters->load_ends_at() == now) ||
                                 s_.pending_step == now ||
                                 (!s_.departures.empty() && s_.departures.front() == now);
  return now == next_event_time() && !others_come_first &&
         s_.requests.state(s_.deadlines.top().request) == RequestState::kCompleted;
}

void Instance::finalize() {
  stepper_->finish();
  s_.metrics.still_queued = queue_depth();
  s_.metrics.still_running = batch_size();
  s_.metrics.sim_ended = std::min(s_.clock, s_.config.horizon);
  if (s_.speculation) s_.metrics.speculation = s_.speculation->counts();
  s_.metrics.cache_hit_rate = s_.kv->hit_rate();
  s_.metrics.kv_thrashing_rate = s_.kv->thrashing_rate();
}

// ---------------------------------------------------------------------------------------------------
// requests

void Instance::register_row(RequestId request) {
  request::Measurements& m = s_.requests[request].measured;
  m.instance = id_;
  m.registered = true;
  s_.rows.push_back(request);
}

void Instance::inject(RequestId request, Micros at) {
  register_row(request);
  s_.arrivals.push(at, request);
}

// SOURCE spec engine 5.2; the guards and their order are observable.
void Instance::enqueue(RequestId id) {
  s_.note_change();
  Request& r = s_.requests[id];
  if (r.state == RequestState::kTimedOut) return;
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  const std::int64_t input = r.spec.input_tokens;
  if (r.spec.max_output_tokens == 0 && max_len > 0 && input < max_len) {
    r.spec.max_output_tokens = max_len - input;
  }
  const std::int64_t block_size = s_.kv->block_size();
  const bool fits_context =
      max_len <= 0 || (input < max_len && (r.spec.max_output_tokens <= 0 ||
                                           input + r.spec.max_output_tokens <= max_len));
  const bool fits_cache = (input + block_size - 1) / block_size <= s_.kv->total_blocks();
  if (r.spec.max_output_tokens < 0 || !fits_context || !fits_cache) return drop(id);

  s_.metrics.total_input_tokens += input;
  if (r.spec.deadline > Micros() && r.spec.deadline <= s_.clock) {
    r.state = RequestState::kTimedOut;
    ++s_.metrics.timed_out_requests;
    s_.listener.on_terminal(id, TerminalOutcome::kTimedOut, s_.clock);
    return;
  }
  r.priority = s_.priorities.engine_priority(s_.symbols.text(r.spec.slo_class));
  s_.waiting.push_back(id);
  s_.arm_deadline(id);
}

void Instance::drop(RequestId id) {
  ++s_.metrics.dropped_unservable;
  s_.requests[id].measured.registered = false;
  s_.listener.on_terminal(id, TerminalOutcome::kDropped, s_.clock);
}

void Instance::time_out(RequestId id, Micros at) {
  if (s_.requests.state(id) == RequestState::kTimedOut) return;
  Request& r = s_.requests[id];
  s_.note_change();
  // A step that is pending stays so: it will find what there is to do (spec engine 7).
  if (!leave_batch(id)) {
    s_.waiting.remove(id);
    s_.kv->clear_deferred(id);
  }
  r.state = RequestState::kTimedOut;
  ++s_.metrics.timed_out_requests;
  s_.let_adapter_go(r);
  s_.kv->release(id);
  r.computed_tokens = 0;
  if (s_.running.empty()) s_.step_if_idle(at);
  s_.listener.on_terminal(id, TerminalOutcome::kTimedOut, at);
}

bool Instance::leave_batch(RequestId id) {
  if (s_.requests[id].state != RequestState::kRunning) return false;
  stepper_->forget(id);
  s_.running.remove(id);
  if (s_.running.empty()) s_.running_is_absent = true;
  return true;
}

void Instance::enqueue_decode_sub_request(RequestId id, Micros cluster_time) {
  Request& r = s_.requests[id];
  register_row(id);
  s_.note_change();
  r.priority = s_.priorities.engine_priority(s_.symbols.text(r.spec.slo_class));
  s_.waiting.push_back(id);
  s_.arm_deadline(id);
  if (s_.running.empty()) s_.step_if_idle(std::max(s_.clock, cluster_time));
}

bool Instance::reserve_transferred_kv(RequestId id) {
  Request& r = s_.requests[id];
  if (r.spec.input_tokens == 0) {
    r.progress = 0;
    return true;
  }
  if (!s_.kv->allocate(s_.kv_client(id), 0, r.spec.input_tokens, {})) return false;
  r.progress = r.spec.input_tokens;
  return true;
}

void Instance::release_kv(RequestId id) {
  stepper_->forget(id);  // blocks become free, which may be what somebody waits for
  s_.kv->release(id);
}

bool Instance::evict(RequestId id, Micros at) {
  Request& r = s_.requests[id];
  s_.note_change();
  if (s_.waiting.remove(id)) {
    s_.kv->clear_deferred(id);
    s_.kv->release(id);
    s_.let_adapter_go(r);
    r.state = RequestState::kCompleted;
    return true;
  }
  if (!leave_batch(id)) return false;
  s_.kv->release(id);
  s_.let_adapter_go(r);
  r.state = RequestState::kCompleted;
  if (s_.running.empty()) s_.step_if_idle(at);
  return true;
}

bool Instance::abort(RequestId id, Micros at) {
  if (!evict(id, at) && !s_.arrivals.remove(id) && !s_.enqueues.remove(id)) return false;
  start_over(s_.requests[id], s_.config.max_model_len_tokens);
  s_.requests[id].state = RequestState::kCompleted;  // so that its deadline is passed over
  return true;
}

std::vector<RequestId> Instance::crash() {
  s_.note_change();
  std::vector<RequestId> hit(s_.running.ids().begin(), s_.running.ids().end());
  for (const RequestId id : hit) leave_batch(id);
  for (const RequestId id : drain_wait_queue()) hit.push_back(id);
  for (TimerHeap* on_the_way : {&s_.enqueues, &s_.arrivals}) {
    while (!on_the_way->empty()) hit.push_back(on_the_way->pop().request);
  }
  for (const RequestId id : hit) {
    s_.kv->release(id);
    s_.let_adapter_go(s_.requests[id]);
    start_over(s_.requests[id], s_.config.max_model_len_tokens);
  }
  const absl::flat_hash_set<RequestId> gone(hit.begin(), hit.end());
  std::erase_if(s_.rows, [&](RequestId id) { return gone.contains(id); });
  s_.pending_step.reset();
  s_.departures.clear();
  s_.deadlines.clear();
  if (s_.adapters) s_.adapters->abandon_load();
  return hit;
}

std::vector<RequestId> Instance::return_unscheduled() {
  absl::flat_hash_set<RequestId> gone;
  for (std::size_t i = 0; i < s_.waiting.size(); ++i) {
    const Request& r = s_.requests[s_.waiting[i]];
    const bool has_run = r.measured.has_scheduling_delay;
    if (!has_run && !r.is_decode_sub_request) gone.insert(s_.waiting[i]);
  }
  std::vector<RequestId> returned;
  if (gone.empty()) return returned;
  s_.note_change();
  for (const RequestId id : s_.waiting.take_all()) {
    if (!gone.contains(id)) {
      s_.waiting.push_back(id);
      continue;
    }
    s_.kv->clear_deferred(id);
    s_.kv->release(id);
    s_.let_adapter_go(s_.requests[id]);
    s_.metrics.total_input_tokens -= s_.requests[id].spec.input_tokens;
    start_over(s_.requests[id], s_.config.max_model_len_tokens);
    returned.push_back(id);
  }
  const auto is_gone = [&](RequestId id) { return gone.contains(id); };
  std::erase_if(s_.rows, is_gone);
  s_.deadlines.remove_if(is_gone);  // they go on wherever the request is
  return returned;
}

std::vector<RequestId> Instance::drain_wait_queue() {
  s_.note_change();
  std::vector<RequestId> drained = s_.waiting.take_all();
  for (const RequestId id : drained) s_.kv->clear_deferred(id);
  return drained;
}

// ---------------------------------------------------------------------------------------------------
// standstill

bool Instance::stands_still() const {
  return s_.running.empty() ? !s_.waiting.empty()
                            : s_.metrics.preemption_count > s_.preemptions_at_last_change;
}

bool Instance::only_steps_are_pending() const {
  return s_.pending_step && s_.arrivals.empty() && s_.enqueues.empty() && s_.deadlines.empty() &&
         !is_loading_adapter();
}

bool Instance::steps_repeat_for_ever() const {
  return s_.running.empty() && s_.metrics.steps - s_.steps_at_last_preemption > 1 &&
         idle_steps() > 1 && only_steps_are_pending() &&
         s_.metrics.steps - s_.steps_at_last_tier_activity > 1 && !s_.kv->awaits_transfers();
}

std::vector<RequestId> Instance::waiting_requests() const {
  std::vector<RequestId> ids;
  for (std::size_t i = 0; i < s_.waiting.size(); ++i) ids.push_back(s_.waiting[i]);
  return ids;
}

}  // namespace blis::engine
