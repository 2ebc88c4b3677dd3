// What LoRA adapters change in an instance: who waits for a load, who holds what, how long a step
// takes. SOURCE spec engine 11, latency 12.3, 12.5.

#include <algorithm>
#include <span>
#include <vector>

#include "engine/instance_state.h"
#include "latency/adapter_overhead.h"

namespace blis::engine {

using request::Request;

void InstanceState::load_adapter_of_head(Micros now) {
  if (!adapters || adapters->is_loading() || waiting.empty()) return;
  const Request& head = requests[waiting[0]];
  if (lacks_adapter(head)) adapters->start_load(head.spec.adapter, now);
}

void InstanceState::hold_adapter(Request& r) {
  if (!adapters || r.spec.adapter == SymbolTable::empty()) return;
  adapters->touch(r.spec.adapter);
  if (r.adapter_pinned) return;
  r.adapter_pinned = true;
  adapters->pin(r.spec.adapter);
}

void InstanceState::let_adapter_go(Request& r) {
  if (!adapters || !r.adapter_pinned) return;
  r.adapter_pinned = false;
  adapters->unpin(r.spec.adapter);
}

std::vector<Symbol> InstanceState::granted_adapters() const {
  std::vector<Symbol> granted;
  if (!adapters) return granted;
  for (const RequestId id : running.ids()) {
    if (requests[id].step_tokens > 0) granted.push_back(requests[id].spec.adapter);
  }
  return granted;
}

Micros InstanceState::step_duration(const latency::StepBatch& batch,
                                    std::span<const Symbol> adapters_used) {
  metrics.processed_prompt_tokens += batch.prefill_tokens;
  metrics.emitted_tokens += batch.decode_requests;
  Micros compute = latency.step_time(batch);
  if (adapters) {
    const double factor = adapters->step_overhead_factor(adapters_used);
    compute = latency::with_adapter_overhead(compute, factor);
  }
  return std::max(Micros(1), compute + kv->consume_transfer_latency());
}

}  // namespace blis::engine
