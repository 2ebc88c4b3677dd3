#include "engine/plain_stepper.h"

#include <algorithm>

#include "engine/completion.h"

namespace blis::engine {

using request::Request;

void PlainStepper::step(Micros now) {
  if (s_.running_is_absent && s_.waiting.empty()) {
    // An orphan: time-outs emptied the batch after this step had been scheduled.
    s_.pending_step.reset();
    return;
  }
  ++s_.metrics.steps;
  s_.kv->set_clock(now);
  s_.waiting.reorder(now);
  s_.load_adapter_of_head(now);

  if (s_.speculation) s_.speculation->begin_step();
  formation_.begin();
  formation_.serve_running();
  for (const RequestId id : formation_.preempted()) forget(id);
  formation_.admit_waiting(now);
  s_.metrics.wait_queue_sample_sum += static_cast<std::int64_t>(s_.waiting.size());

  const latency::StepBatch& batch = batch_.build(s_);
  Micros duration = s_.step_duration(batch, s_.granted_adapters());
  if (s_.speculation) duration += s_.speculation->draft_time(s_.latency, batch);
  book_tokens(now, duration);
  s_.sample_kv_usage(duration);
  if (s_.kv->needs_mirror()) {
    mirrored_.clear();
    for (const RequestId id : s_.running.ids()) mirrored_.push_back(s_.kv_client(id));
    s_.kv->mirror(mirrored_);
  }
  complete_requests(now, duration);
  s_.schedule_next_step(now + duration);
}

void PlainStepper::book_tokens(Micros now, Micros duration) {
  const Micros token_latency = duration + s_.output_token_time;
  for (const RequestId id : s_.running.ids()) {
    Request& r = s_.requests[id];
    if (r.progress < r.spec.input_tokens) {
      r.progress = r.computed_tokens;
    } else if (r.step_tokens > 0) {
      const std::int64_t made = s_.speculation ? s_.speculation->book(id) : 1;
      r.progress += made;
      if (r.measured.itl_count == 0) r.measured.itl_first = token_latency;
      for (std::int64_t i = 0; i < made; ++i) {
        // Tokens of one step arrive together.
        const Micros latency = i == 0 ? token_latency : s_.output_token_time;
        latencies_[id.value()].push_back(latency.count());
        r.measured.itl_sum += latency;
        r.measured.itl_count += 1;
      }
    }
    if (r.progress == r.spec.input_tokens && !r.ttft_set)
      emit_first_token(s_, r, now, token_latency);
  }
}

void PlainStepper::complete_requests(Micros now, Micros duration) {
  s_.running.retain([&](RequestId id) {
    const CompletionKind kind = completion_kind(s_.requests[id], s_.config.max_model_len_tokens);
    if (kind == CompletionKind::kNotYet) return true;
    complete(s_, id, kind, now, duration);
    for (const std::int64_t latency : latencies_[id.value()]) s_.metrics.itl.add(latency);
    forget(id);
    return false;
  });
}

}  // namespace blis::engine
