// Cluster events in their total order: time, then the priority of their kind, then order of
// insertion. SOURCE spec data-plane 4.1, 4.2.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/micros.h"

namespace blis::cluster {

/// Kinds of cluster events. The value of an enumerator is not its priority: see priority_of().
enum class EventKind : std::uint8_t {
  kNodeReady,
  kNodeIdle,
  kNodeFailure,
  kNodeRepair,
  kGpuFailure,
  kGpuRepair,
  kInstanceFailure,
  kInstanceRestart,
  kInstanceLoaded,
  kArrival,
  kReadmission,  ///< a request that left its instance comes to the gateway again
  kAdmission,
  kRouting,
  kRetry,
  kPrefillRouting,
  kGatewayEviction,
  kKvTransferStart,
  kGatewayExpiry,
  kHoldExpiry,
  kKvTransferComplete,
  kDispatchTick,
  kScalingTick,
  kScaleActuation,
};

/// What runs first among events of one time; smaller is earlier.
constexpr std::int8_t priority_of(EventKind kind) {
  switch (kind) {
    case EventKind::kNodeReady:
    case EventKind::kNodeIdle:
    case EventKind::kNodeFailure:
    case EventKind::kNodeRepair:
    case EventKind::kGpuFailure:
    case EventKind::kGpuRepair:
      return -2;
    case EventKind::kInstanceFailure:
    case EventKind::kInstanceRestart:
    case EventKind::kInstanceLoaded:
      return -1;
    case EventKind::kArrival:
    case EventKind::kReadmission:
      return 0;
    case EventKind::kAdmission:
      return 1;
    case EventKind::kRouting:
    case EventKind::kRetry:
      return 2;
    case EventKind::kPrefillRouting:
      return 4;
    case EventKind::kGatewayEviction:
    case EventKind::kKvTransferStart:
      return 5;
    case EventKind::kGatewayExpiry:
    case EventKind::kHoldExpiry:
    case EventKind::kKvTransferComplete:
      return 6;
    case EventKind::kDispatchTick:
      return 7;
    case EventKind::kScalingTick:
      return 8;
    case EventKind::kScaleActuation:
      return 9;
  }
  return 0;
}

struct ClusterEvent {
  Micros time;
  std::uint64_t sequence = 0;  ///< order of insertion; makes the order total
  std::uint32_t subject = 0;   ///< request, transfer, instance, node or GPU index, by `kind`
  EventKind kind = EventKind::kArrival;
  /// Goes on for ever by itself, like failures and repairs: no reason to go on with a run in which
  /// nothing else is pending.
  bool is_background = false;

  friend bool operator<(const ClusterEvent& a, const ClusterEvent& b) {
    if (a.time != b.time) return a.time < b.time;
    const std::int8_t priority_a = priority_of(a.kind);
    const std::int8_t priority_b = priority_of(b.kind);
    if (priority_a != priority_b) return priority_a < priority_b;
    return a.sequence < b.sequence;
  }
};
static_assert(std::is_trivially_copyable_v<ClusterEvent> && sizeof(ClusterEvent) == 24);

/// COST  O(log n) per push and pop.
class EventQueue {
 public:
  bool empty() const { return events_.empty(); }
  const ClusterEvent& top() const { return events_.front(); }
  /// Requests that are still to arrive, or to arrive again.
  std::int64_t pending_arrivals() const { return pending_arrivals_; }
  bool has_foreground() const { return foreground_ > 0; }

  void push(Micros time, EventKind kind, std::uint32_t subject, bool is_background = false) {
    events_.push_back({time, next_sequence_++, subject, kind, is_background});
    if (is_arrival(kind)) ++pending_arrivals_;
    if (!is_background) ++foreground_;
    std::push_heap(events_.begin(), events_.end(), is_later);
  }
  void push_background(Micros time, EventKind kind, std::uint32_t subject) {
    push(time, kind, subject, /*is_background=*/true);
  }
  ClusterEvent pop() {
    std::pop_heap(events_.begin(), events_.end(), is_later);
    const ClusterEvent event = events_.back();
    events_.pop_back();
    if (is_arrival(event.kind)) --pending_arrivals_;
    if (!event.is_background) --foreground_;
    return event;
  }

 private:
  static bool is_arrival(EventKind kind) {
    return kind == EventKind::kArrival || kind == EventKind::kReadmission ||
           kind == EventKind::kRetry;
  }
  static bool is_later(const ClusterEvent& a, const ClusterEvent& b) { return b < a; }

  std::vector<ClusterEvent> events_;
  std::uint64_t next_sequence_ = 0;
  std::int64_t pending_arrivals_ = 0;
  std::int64_t foreground_ = 0;  // events that are not background
};

}  // namespace blis::cluster
