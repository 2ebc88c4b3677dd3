#include "engine/completion.h"

#include <algorithm>

namespace blis::engine {

using request::Request;

CompletionKind completion_kind(const Request& r, std::int64_t max_model_len_tokens) {
  const std::int64_t last =
      r.spec.input_tokens + std::max<std::int64_t>(r.spec.output_tokens, 1) - 1;
  if (r.progress >= last) return CompletionKind::kNormal;
  if (max_model_len_tokens > 0 && r.progress >= max_model_len_tokens - 1) {
    return CompletionKind::kLengthCapped;
  }
  return CompletionKind::kNotYet;
}

void emit_first_token(InstanceState& s, Request& r, Micros now, Micros token_latency) {
  ++s.metrics.emitted_tokens;
  r.ttft_set = true;
  r.first_token = now + token_latency - r.spec.arrival;
  r.measured.ttft = r.first_token;
  r.measured.has_ttft = true;
}

void complete(InstanceState& s, RequestId id, CompletionKind kind, Micros now, Micros duration) {
  Request& r = s.requests[id];
  request::Measurements& m = r.measured;
  const std::int64_t input = r.spec.input_tokens;
  const std::int64_t output = r.spec.output_tokens;
  const bool length_capped = kind == CompletionKind::kLengthCapped;
  if (length_capped) {
    ++s.metrics.length_capped_requests;
    m.length_capped = true;
  } else if (output > 0 && r.progress < input + output &&
             !s.kv->allocate(s.kv_client(id), r.progress, r.progress + 1, {})) {
    // The last token's KV is never read, yet room is taken for it, which can evict cached blocks or
    // fail [QUIRK, spec engine W13].
    ++s.metrics.kv_allocation_failures;
  }
  r.state = request::RequestState::kCompleted;
  s.kv->release(id);
  s.let_adapter_go(r);
  r.finished_step = s.metrics.steps;
  const Micros end = now + duration;
  s.note_departure(end);

  s.note_change();
  ++s.metrics.completed_requests;
  std::int64_t produced = r.progress - input;
  if (produced < output) ++produced;  // the token that the prefill step emitted
  if (produced > 0) s.metrics.total_output_tokens += produced;
  m.e2e = r.first_token + m.itl_sum + (output > 0 ? s.post_decode_overhead : Micros());
  m.has_e2e = true;
  m.completion_time = m.e2e + r.spec.arrival;
  // A capped request divides by one less than its number of entries, though none of them is a first
  // token [QUIRK, spec engine W7].
  const std::int64_t divisor =
      std::max<std::int64_t>(length_capped ? m.itl_count - 1 : output - 1, 1);
  m.itl_mean_us =
      output == 0 ? 0.0 : static_cast<double>(m.itl_sum.count()) / static_cast<double>(divisor);
  m.has_itl_mean = true;
  s.listener.on_terminal(id, request::TerminalOutcome::kCompleted, end);
}

}  // namespace blis::engine
