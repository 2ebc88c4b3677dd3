// What the gateway needs to know of requests that were split into halves, when one of them leaves
// its instance before its end.
#pragma once

#include "base/ids.h"
#include "base/micros.h"

namespace blis::cluster {

class SplitRequests {
 public:
  virtual ~SplitRequests() = default;
  /// The request that this one is a half of; itself if it is whole.
  virtual RequestId whole_of(RequestId request) const = 0;
  /// The half was taken off its instance for good, and its request with it.
  virtual void note_withdrawn(RequestId half) = 0;
  /// The request was held for want of an instance, and its time is up: a prefill of it that waited
  /// for one is over. COST O(splits since its last one).
  virtual void note_turned_away(RequestId request) = 0;
  /// The half, a prefill, was taken off its instance and is to be routed to another one.
  virtual void route_prefill_again(RequestId half, Micros clock) = 0;
};

}  // namespace blis::cluster
