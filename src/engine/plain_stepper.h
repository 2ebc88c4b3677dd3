// The step as the specification tells it, request by request: the oracle that the fast stepper is
// tested against.
//
// One step runs a whole forward pass at one instant: the batch is formed, its duration is known at
// once, tokens are booked, and requests that finished leave. SOURCE spec engine 6.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <vector>

#include "engine/batch_formation.h"
#include "engine/instance_state.h"
#include "engine/step_batch_builder.h"
#include "engine/stepper.h"

namespace blis::engine {

class PlainStepper final : public Stepper {
 public:
  explicit PlainStepper(InstanceState& state) : s_(state), formation_(state) {}

  /// COST O(batch) per step, and one stored latency per token of the requests that run.
  void step(Micros now) override;
  void forget(RequestId request) override {
    latencies_.erase(request.value());
    if (s_.speculation) s_.speculation->forget(request);
  }

 private:
  void book_tokens(Micros now, Micros duration);
  void complete_requests(Micros now, Micros duration);

  InstanceState& s_;
  BatchFormation formation_;
  StepBatchBuilder batch_;
  absl::flat_hash_map<std::uint32_t, std::vector<std::int64_t>> latencies_;  // of running requests
  std::vector<kv::KvClient> mirrored_;
};

}  // namespace blis::engine
