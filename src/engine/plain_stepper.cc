#include "engine/plain_stepper.h"

#include <algorithm>

#include "base/check.h"

namespace blis::engine {

using request::Request;
using request::RequestState;

void PlainStepper::step(Micros now) {
  if (s_.running_is_absent && s_.waiting.empty()) {
    // An orphan: time-outs emptied the batch after this step had been scheduled.
    s_.pending_step.reset();
    return;
  }
  ++s_.metrics.steps;
  s_.kv->set_clock(now);
  s_.waiting.reorder();

  Formation formation{.budget_tokens = s_.config.max_num_batched_tokens};
  newly_admitted_.clear();
  serve_running(formation);
  deferred_.clear();
  if (s_.kv->supports_deferral()) s_.kv->poll_deferred(now, deferred_);
  admit_waiting(formation);
  s_.running_is_absent = false;
  for (const RequestId id : newly_admitted_) {
    Request& r = s_.requests[id];
    r.measured.scheduling_delay = now - r.spec.arrival;
    r.measured.has_scheduling_delay = true;
  }
  s_.metrics.wait_queue_sample_sum += static_cast<std::int64_t>(s_.waiting.size());

  const Micros duration = step_duration();
  book_tokens(now, duration);
  const std::int64_t used = s_.kv->used_blocks();
  s_.metrics.peak_kv_blocks = std::max(s_.metrics.peak_kv_blocks, used);
  s_.metrics.kv_block_time_integral +=
      static_cast<double>(used) * static_cast<double>(duration.count());
  if (s_.kv->needs_mirror()) {
    mirrored_.clear();
    for (const RequestId id : s_.running.ids()) mirrored_.push_back(s_.kv_client(id));
    s_.kv->mirror(mirrored_);
  }

  complete_requests(now, duration);
  s_.pending_step.reset();
  if (!s_.running.empty()) {
    s_.pending_step = now + duration;
  } else {
    s_.running_is_absent = true;
    s_.step_if_idle(now + duration);
  }
}

// Phase A. A request that cannot get room may have been its own victim; then nobody behind it is
// served in this step.
void PlainStepper::serve_running(Formation& formation) {
  const std::int64_t threshold = s_.config.long_prefill_token_threshold;
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  for (const RequestId id : s_.running.ids()) s_.requests[id].step_tokens = 0;
  for (std::size_t i = 0; i < s_.running.size(); ++i) {
    if (formation.budget_tokens <= 0) return;
    const RequestId id = s_.running[i];
    Request& r = s_.requests[id];
    std::int64_t tokens = r.spec.input_tokens - r.progress;
    if (tokens > 0) {
      if (0 < threshold && threshold < tokens) tokens = threshold;
      tokens = std::min(tokens, formation.budget_tokens);
      if (max_len > 0)
        tokens = std::min(tokens, std::max<std::int64_t>(max_len - 1 - r.progress, 0));
      if (!make_room(id, tokens, i, formation)) return;
      formation.budget_tokens -= tokens;
      r.step_tokens = tokens;
      r.computed_tokens += tokens;
    } else if (r.spec.output_tokens > 0) {
      if (max_len > 0 && r.progress + 1 > max_len - 1) continue;  // at the length cap
      if (!make_room(id, 1, i, formation)) return;
      formation.budget_tokens -= 1;
      r.step_tokens = 1;
      r.computed_tokens += 1;
    }
  }
}

// Phase B. The first request that finds no room blocks everybody behind it.
void PlainStepper::admit_waiting(Formation& formation) {
  const std::int64_t threshold = s_.config.long_prefill_token_threshold;
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  const std::int64_t block_size = s_.kv->block_size();
  std::size_t position = 0;
  while (static_cast<std::int64_t>(s_.running.size()) < s_.config.max_num_seqs &&
         s_.waiting.size() > position && formation.budget_tokens > 0 && !formation.preempted_any) {
    const RequestId id = s_.waiting[position];
    const Request& r = s_.requests[id];
    if (std::ranges::find(deferred_, id) != deferred_.end()) {
      ++position;
      continue;
    }
    if (r.is_decode_sub_request) {
      if (!admit_decode_sub_request(id, position, formation)) return;
      continue;
    }
    const kv::KvClient client = s_.kv_client(id);
    s_.kv->match(client.input_keys(), cached_);
    const std::int64_t start = static_cast<std::int64_t>(cached_.size()) * block_size;
    std::int64_t tokens = r.spec.input_tokens - start;
    if (0 < threshold && threshold < tokens) tokens = threshold;
    tokens = std::min(tokens, formation.budget_tokens);
    if (max_len > 0) tokens = std::min(tokens, std::max<std::int64_t>(max_len - 1 - start, 0));
    if (!s_.kv->allocate(client, start, start + tokens, cached_)) {
      if (s_.kv->supports_deferral() && s_.kv->is_deferred(id)) {
        ++position;
        continue;
      }
      return;
    }
    admit(id, position, tokens, start + tokens, formation);
  }
}

// A preempted decode half keeps its flag and comes back this way: one prefill token, no cache
// lookup [QUIRK, spec engine W12].
bool PlainStepper::admit_decode_sub_request(RequestId id, std::size_t position,
                                            Formation& formation) {
  const std::int64_t progress = s_.requests[id].progress;
  if (!s_.kv->allocate(s_.kv_client(id), progress, progress + 1, {})) return false;
  admit(id, position, 1, progress + 1, formation);
  return true;
}

void PlainStepper::admit(RequestId id, std::size_t position, std::int64_t new_tokens,
                         std::int64_t computed_tokens, Formation& formation) {
  Request& r = s_.requests[id];
  s_.waiting.erase(position);
  s_.running.append(id);
  newly_admitted_.push_back(id);
  r.scheduled_step = s_.metrics.steps;
  r.state = RequestState::kRunning;
  r.step_tokens = new_tokens;
  r.computed_tokens = computed_tokens;
  formation.budget_tokens -= new_tokens;
}

// Allocates, evicting running requests until there is room. `position` is the request's index in
// the batch and follows it when requests before it are evicted. False if the request itself had to
// go.
bool PlainStepper::make_room(RequestId id, std::int64_t tokens, std::size_t& position,
                             Formation& formation) {
  const std::int64_t progress = s_.requests[id].progress;
  while (!s_.kv->allocate(s_.kv_client(id), progress, progress + tokens, {})) {
    if (s_.running.empty()) return false;
    const std::size_t victim = s_.preemption->victim(s_.running.ids(), s_.requests);
    const bool is_self = s_.running[victim] == id;
    if (victim < position) --position;
    preempt(victim, formation);
    if (is_self) return false;
  }
  return true;
}

void PlainStepper::preempt(std::size_t victim, Formation& formation) {
  const RequestId id = s_.running[victim];
  Request& r = s_.requests[id];
  s_.running.remove(victim);
  formation.preempted_any = true;
  ++s_.metrics.preemption_count;
  if (r.step_tokens > 0) {
    formation.budget_tokens += r.step_tokens;
    r.step_tokens = 0;
  }
  r.state = RequestState::kQueued;
  r.progress = 0;
  r.computed_tokens = 0;
  r.ttft_set = false;
  r.measured.itl_sum = Micros();
  r.measured.itl_count = 0;
  s_.kv->release(id);
  s_.waiting.push_front(id);
}

Micros PlainStepper::step_duration() {
  latency::StepBatch batch;
  prefills_.clear();
  decode_contexts_.clear();
  const bool wants_contexts = s_.latency.needs_decode_contexts();
  for (const RequestId id : s_.running.ids()) {
    const Request& r = s_.requests[id];
    if (r.step_tokens <= 0) continue;
    if (r.progress < r.spec.input_tokens) {
      prefills_.push_back({r.progress, r.step_tokens, r.spec.input_tokens});
      batch.add_prefill(prefills_.back());
    } else {
      ++batch.requests;
      if (r.spec.output_tokens <= 0) continue;
      ++batch.decode_requests;
      batch.decode_context_tokens += r.progress;
      if (wants_contexts) decode_contexts_.push_back(r.progress);
    }
  }
  batch.prefills = prefills_;
  batch.decode_contexts = decode_contexts_;
  const Micros duration = s_.latency.step_time(batch) + s_.kv->consume_transfer_latency();
  return std::max(Micros(1), duration);
}

void PlainStepper::book_tokens(Micros now, Micros duration) {
  const Micros token_latency = duration + s_.output_token_time;
  for (std::size_t i = 0; i < s_.running.size(); ++i) {
    Request& r = s_.requests[s_.running[i]];
    if (r.progress < r.spec.input_tokens) {
      r.progress = r.computed_tokens;
    } else if (r.step_tokens > 0) {
      r.progress += 1;
      s_.running.itl(i).push_back(token_latency.count());
      r.measured.itl_sum += token_latency;
      r.measured.itl_count += 1;
    }
    if (r.progress == r.spec.input_tokens && !r.ttft_set) {
      r.ttft_set = true;
      r.first_token = now + token_latency - r.spec.arrival;
      r.measured.ttft = r.first_token;
      r.measured.has_ttft = true;
    }
  }
}

void PlainStepper::complete_requests(Micros now, Micros duration) {
  s_.running.retain([&](std::size_t i) { return !complete_if_done(i, now, duration); });
}

// Completions take effect at the start of their last step, whose end is `now + duration` [QUIRK,
// spec engine W1].
bool PlainStepper::complete_if_done(std::size_t position, Micros now, Micros duration) {
  const RequestId id = s_.running[position];
  Request& r = s_.requests[id];
  const std::int64_t input = r.spec.input_tokens;
  const std::int64_t output = r.spec.output_tokens;
  const std::int64_t max_len = s_.config.max_model_len_tokens;
  bool length_capped = false;
  if (r.progress >= input + std::max<std::int64_t>(output, 1) - 1) {
    // Room for the last token's KV, which no later step reads; it can evict cached blocks [QUIRK,
    // spec engine W13].
    if (output > 0 && r.progress < input + output &&
        !s_.kv->allocate(s_.kv_client(id), r.progress, r.progress + 1, {})) {
      ++s_.metrics.kv_allocation_failures;
    }
  } else if (max_len > 0 && r.progress >= max_len - 1) {
    length_capped = true;
    ++s_.metrics.length_capped_requests;
    r.measured.length_capped = true;
  } else {
    return false;
  }
  r.state = RequestState::kCompleted;
  s_.kv->release(id);
  r.finished_step = s_.metrics.steps;
  const Micros end = now + duration;
  if (s_.departures.empty() || s_.departures.back() != end) s_.departures.push_back(end);
  record_completion(position, length_capped);
  s_.listener.on_terminal(id, request::TerminalOutcome::kCompleted, end);
  return true;
}

void PlainStepper::record_completion(std::size_t position, bool length_capped) {
  Request& r = s_.requests[s_.running[position]];
  request::Measurements& m = r.measured;
  ++s_.metrics.completed_requests;
  std::int64_t produced = r.progress - r.spec.input_tokens;
  if (produced < r.spec.output_tokens) ++produced;  // the token that the prefill step emitted
  if (produced > 0) s_.metrics.total_output_tokens += produced;

  const std::int64_t output = r.spec.output_tokens;
  m.e2e = r.first_token + m.itl_sum + (output > 0 ? s_.post_decode_overhead : Micros());
  m.has_e2e = true;
  m.completion_time = m.e2e + r.spec.arrival;
  // A capped request divides by one less than its number of entries, though none of them is a first
  // token [QUIRK, spec engine W7].
  const std::int64_t divisor = length_capped ? m.itl_count - 1 : output - 1;
  m.itl_mean_us = output == 0 ? 0.0
                              : static_cast<double>(m.itl_sum.count()) /
                                    static_cast<double>(std::max<std::int64_t>(divisor, 1));
  m.has_itl_mean = true;
  for (const std::int64_t latency : s_.running.itl(position)) s_.metrics.itl.add(latency);
}

}  // namespace blis::engine
