// What the latency model is told about a step, from the requests' own fields.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/instance_state.h"

namespace blis::engine {

class StepBatchBuilder {
 public:
  /// The granted requests of the running list, before their progress moves.
  /// Valid until the next call. COST O(running).
  const latency::StepBatch& build(const InstanceState& state);

  // Piece by piece, for a caller that keeps sums; prefills in batch order.
  void clear();
  void add_prefill(const request::Request& r);
  void add_decodes(std::int64_t requests, std::int64_t context_tokens);
  /// A decode that verifies that many guesses besides its own token. Follows its
  /// add_decode_context.
  void add_guesses(std::int64_t guesses, std::int64_t progress);
  void add_decode_context(std::int64_t progress) { decode_contexts_.push_back(progress); }
  const latency::StepBatch& batch();

 private:
  latency::StepBatch batch_;
  std::vector<latency::PrefillChunk> prefills_;
  std::vector<std::int64_t> decode_contexts_;
  std::vector<std::int64_t> extra_decode_tokens_;  // as long as decode_contexts_, or empty
};

}  // namespace blis::engine
