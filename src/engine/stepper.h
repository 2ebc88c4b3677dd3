// Steppers: who executes an instance's steps. All give identical results; they differ in what a
// step costs.
#pragma once

#include "base/ids.h"
#include "base/micros.h"

namespace blis::engine {

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
};

}  // namespace blis::engine
