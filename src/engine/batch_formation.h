// Forming the batch of one step, request by request: first the running requests (phase A), then
// admissions from the wait queue (phase B). When a running request finds no KV block, running
// requests are evicted until it does. SOURCE spec engine 6.4, 6.5; vLLM's scheduler with chunked
// prefill.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/instance_state.h"

namespace blis::engine {

class BatchFormation {
 public:
  explicit BatchFormation(InstanceState& state) : s_(state) {}

  /// Starts a step: full token budget, nobody granted anything.
  void begin();
  /// Phase A. COST O(running).
  void serve_running();
  /// Phase B, unless somebody was preempted. Admitted requests join the batch at its end.
  void admit_waiting(Micros now);

  /// Requests that phase B admitted in this step, in order.
  std::span<const RequestId> newly_admitted() const { return newly_admitted_; }
  /// Requests that phase A evicted in this step, in order; they are at the front of the wait queue.
  std::span<const RequestId> preempted() const { return preempted_; }

  /// Tokens that may still be granted in this step.
  std::int64_t budget_tokens() const { return budget_tokens_; }
  void spend_tokens(std::int64_t tokens) { budget_tokens_ -= tokens; }
  /// Tokens of its prompt that a running request may get, given `available` of the budget.
  std::int64_t prefill_grant(const request::Request& r, std::int64_t available) const;

 private:
  bool admit_decode_sub_request(RequestId id, std::size_t position, Micros now);
  bool make_room(RequestId id, std::int64_t start, std::int64_t tokens, std::size_t& position);
  bool serve_speculatively(RequestId id, std::size_t& position);
  void preempt(std::size_t victim);
  void admit(RequestId id, std::size_t position, std::int64_t new_tokens,
             std::int64_t computed_tokens, Micros now);
  std::int64_t clip_prefill(std::int64_t tokens, std::int64_t start, std::int64_t available) const;

  InstanceState& s_;
  std::int64_t budget_tokens_ = 0;
  std::vector<RequestId> newly_admitted_;
  std::vector<RequestId> preempted_;
  std::vector<RequestId> deferred_;
  std::vector<BlockId> cached_;
};

}  // namespace blis::engine
