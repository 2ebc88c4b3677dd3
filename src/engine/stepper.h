// Steppers: who executes an instance's steps. All give identical results; they differ in what a
// step costs.
#pragma once

#include "base/ids.h"
#include "base/micros.h"
#include "request/request.h"

namespace blis::engine {

/// How far the answer of a request has come, as the model has it: E2E is TTFT plus inter-token
/// latencies, which is not always the end of a step.
struct TokenProgress {
  std::int64_t tokens = 0;  ///< of the answer; may fall when the request is preempted
  Micros last_token_at;     ///< absolute; meaningful if tokens > 0
};

class Stepper {
 public:
  virtual ~Stepper() = default;

  /// Executes the pending step, which is due `now`, and schedules the next one.
  virtual void step(Micros now) = 0;
  /// A running request is about to leave the batch for another reason than a step: deadline or
  /// eviction. It still holds its blocks.
  virtual void forget(RequestId request) = 0;
  /// The run is over: brings the fields of running requests up to date.
  virtual void finish() {}
  /// After a step: where a request stands that runs or ended in it. COST O(1).
  virtual TokenProgress token_progress(const request::Request& r, RequestId id) const;
};

/// As of a request whose own fields are up to date.
TokenProgress token_progress(const request::Request& r, std::int64_t progress, Micros itl_sum);

}  // namespace blis::engine
