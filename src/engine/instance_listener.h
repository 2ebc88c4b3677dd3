// Who an instance tells about the ends of its requests.
#pragma once

#include "base/ids.h"
#include "base/micros.h"
#include "request/request_source.h"

namespace blis::engine {

class InstanceListener {
 public:
  virtual ~InstanceListener() = default;
  /// A request reached an end inside the instance, at the moment it is decided. `at` is the tick
  /// that sessions see: the end of the completing step, the deadline, or the enqueue tick of a drop
  /// (spec engine 9).
  virtual void on_terminal(RequestId request, request::TerminalOutcome outcome, Micros at) = 0;
};

}  // namespace blis::engine
