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

  formation_.begin();
  formation_.serve_running();
  for (const RequestId id : formation_.preempted()) forget(id);
  formation_.admit_waiting(now);
  s_.metrics.wait_queue_sample_sum += static_cast<std::int64_t>(s_.waiting.size());

  const Micros duration = s_.step_duration(batch_.build(s_), s_.granted_adapters());
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
      r.progress += 1;
      latencies_[id.value()].push_back(token_latency.count());
      if (r.measured.itl_count == 0) r.measured.itl_first = token_latency;
      r.measured.itl_sum += token_latency;
      r.measured.itl_count += 1;
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
