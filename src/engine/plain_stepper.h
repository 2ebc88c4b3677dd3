// The step as the specification tells it, request by request: the oracle that the fast stepper is
// tested against.
//
// One step runs a whole forward pass at one instant: running requests first (phase A), then
// admissions (phase B), then the duration is known, tokens are booked, and requests that finished
// leave. SOURCE spec engine 6.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/instance_state.h"

namespace blis::engine {

class PlainStepper {
 public:
  explicit PlainStepper(InstanceState& state) : s_(state) {}

  /// Executes the pending step, which is due `now`, and schedules the next one.
  /// COST O(batch + queue changes), no allocation after warm-up but for the latencies it records.
  void step(Micros now);

 private:
  /// What batch formation decides besides the requests' own fields.
  struct Formation {
    std::int64_t budget_tokens = 0;
    bool preempted_any = false;
  };

  void serve_running(Formation& formation);
  void admit_waiting(Formation& formation);
  bool admit_decode_sub_request(RequestId id, std::size_t position, Formation& formation);
  bool make_room(RequestId id, std::int64_t tokens, std::size_t& position, Formation& formation);
  void preempt(std::size_t victim, Formation& formation);
  void admit(RequestId id, std::size_t position, std::int64_t new_tokens,
             std::int64_t computed_tokens, Formation& formation);
  Micros step_duration();
  void book_tokens(Micros now, Micros duration);
  void complete_requests(Micros now, Micros duration);
  bool complete_if_done(std::size_t position, Micros now, Micros duration);
  void record_completion(std::size_t position, bool length_capped);

  InstanceState& s_;
  std::vector<RequestId> newly_admitted_;
  std::vector<RequestId> deferred_;
  std::vector<BlockId> cached_;
  std::vector<latency::PrefillChunk> prefills_;
  std::vector<std::int64_t> decode_contexts_;
  std::vector<kv::KvClient> mirrored_;
};

}  // namespace blis::engine
