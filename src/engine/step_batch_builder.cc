#include "engine/step_batch_builder.h"

namespace blis::engine {

void StepBatchBuilder::clear() {
  batch_ = {};
  prefills_.clear();
  decode_contexts_.clear();
  extra_decode_tokens_.clear();
}

void StepBatchBuilder::add_prefill(const request::Request& r) {
  prefills_.push_back({r.progress, r.step_tokens, r.spec.input_tokens});
  batch_.add_prefill(prefills_.back());
}

void StepBatchBuilder::add_decodes(std::int64_t requests, std::int64_t context_tokens) {
  batch_.requests += requests;
  batch_.decode_requests += requests;
  batch_.decode_context_tokens += context_tokens;
}

void StepBatchBuilder::add_guesses(std::int64_t guesses, std::int64_t progress) {
  batch_.extra_decode_tokens += guesses;
  batch_.extra_decode_attention += guesses * progress;
  extra_decode_tokens_.resize(decode_contexts_.size());
  extra_decode_tokens_.back() = guesses;
}

const latency::StepBatch& StepBatchBuilder::batch() {
  batch_.prefills = prefills_;
  batch_.decode_contexts = decode_contexts_;
  if (!extra_decode_tokens_.empty()) extra_decode_tokens_.resize(decode_contexts_.size());
  batch_.extra_decode_tokens_each = extra_decode_tokens_;
  return batch_;
}

const latency::StepBatch& StepBatchBuilder::build(const InstanceState& state) {
  clear();
  for (const RequestId id : state.running.ids()) {
    const request::Request& r = state.requests[id];
    if (r.step_tokens <= 0) continue;
    if (r.progress < r.spec.input_tokens) {
      add_prefill(r);
    } else if (r.spec.output_tokens > 0) {
      add_decodes(1, r.progress);
      add_decode_context(r.progress);
      if (r.step_tokens > 1) add_guesses(r.step_tokens - 1, r.progress);
    } else {
      ++batch_.requests;
    }
  }
  return batch();
}

}  // namespace blis::engine
