// When the next failure of each component is due: draws the times and pushes the events.
//
// Every GPU, node and instance that is in service has exactly one such event pending, if its kind
// can fail at all.
#pragma once

#include <cstdint>
#include <optional>

#include "cluster/event_queue.h"
#include "control/failures.h"
#include "control/nodes.h"

namespace blis::cluster {

class FailureTimers {
 public:
  /// `events` outlives the timers; `seed` is the run's.
  FailureTimers(const control::FailureConfig& config, std::int64_t seed, EventQueue& events);

  // The component has come into service at `clock`.
  void arm_instance(InstanceId instance, Micros clock) {
    fail_later(instances_, EventKind::kInstanceFailure, instance.value(), clock);
  }
  void arm_node(std::size_t node, Micros clock) {
    fail_later(nodes_, EventKind::kNodeFailure, static_cast<std::uint32_t>(node), clock);
  }
  void arm_gpu(std::uint32_t gpu, Micros clock) {
    fail_later(gpus_, EventKind::kGpuFailure, gpu, clock);
  }
  /// A new node with all its GPUs.
  void arm_new_node(const control::Nodes& nodes, std::size_t node, Micros clock);

  // The component failed at `clock`. REQUIRES its kind can fail.
  void restart_later(InstanceId instance, Micros clock) {
    repair_later(instances_, EventKind::kInstanceRestart, instance.value(), clock);
  }
  void repair_node_later(std::size_t node, Micros clock) {
    repair_later(nodes_, EventKind::kNodeRepair, static_cast<std::uint32_t>(node), clock);
  }
  void repair_gpu_later(std::uint32_t gpu, Micros clock) {
    repair_later(gpus_, EventKind::kGpuRepair, gpu, clock);
  }

 private:
  using Times = std::optional<control::FailureTimes>;  // absent: this kind never fails

  void fail_later(Times& times, EventKind kind, std::uint32_t subject, Micros clock) {
    if (times) events_.push_background(clock + times->next_failure(), kind, subject);
  }
  void repair_later(Times& times, EventKind kind, std::uint32_t subject, Micros clock) {
    events_.push_background(clock + times->next_repair(), kind, subject);
  }

  EventQueue& events_;
  Times gpus_;
  Times nodes_;
  Times instances_;
};

}  // namespace blis::cluster
