// Requests for which there is no instance, held at the gateway until there is one or their time is
// up. An extension: the reference turns them away (spec control-plane 14.1 (1)).
//
// They are held in the order in which they came and routed again all at once when an instance
// begins to serve, past admission; who finds nobody then, because it needs an instance of another
// role, is held on, with what is left of its time.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "cluster/event_queue.h"

namespace blis::cluster {

class HoldingRoom {
 public:
  /// `events` outlives the room. REQUIRES ttl > 0.
  HoldingRoom(Micros ttl, EventQueue& events) : ttl_(ttl), events_(events) {}

  /// The request could not be routed by the event of this kind and subject. False if its time is
  /// up. COST O(log events).
  bool hold(RequestId request, EventKind kind, std::uint32_t subject, Micros clock);
  /// An instance begins to serve: everybody is routed again, at `clock`.
  void release(Micros clock);
  /// The time of a request is up: true if it was still here, and is gone now. COST O(size).
  bool expire(RequestId request);
  /// The request has come to its end, wherever: its time is remembered up to then.
  void forget(RequestId request) { deadlines_.erase(request); }
  std::int64_t size() const { return static_cast<std::int64_t>(held_.size()); }

 private:
  struct Held {
    RequestId request;
    EventKind kind;
    std::uint32_t subject;
  };

  Micros ttl_;
  EventQueue& events_;
  std::vector<Held> held_;
  absl::flat_hash_map<RequestId, Micros>
      deadlines_;  // of all that ever were here, but for forgotten ones
};

}  // namespace blis::cluster
