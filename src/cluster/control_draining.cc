// The part of ControlPipeline that lets instances go as the drain policy says.

#include <span>
#include <vector>

#include "cluster/control_pipeline.h"

namespace blis::cluster {

void ControlPipeline::begin_drain(InstanceId instance, Micros clock) {
  if (!drain_->ends_when_empty) return;
  const Micros timeout = config_.control.drain.timeout;
  drain_ends_.resize(states_.size(), Micros::max());
  if (drain_->loses_requests) {
    drain_ends_[instance.index()] = clock;
  } else if (timeout > Micros()) {
    drain_ends_[instance.index()] = clock + timeout;
  }
  end_if_drained(instance, clock);
}

// Looked at after every event of the instance, of which a busy one has many, so that a time-out is
// late by a step at most; an event of its own would prolong runs that are over.
bool ControlPipeline::has_drained(InstanceId instance, Micros clock) {
  // Who was on its way when the drain began is in the queue only now.
  if (drain_->redirects_requests) gateway_.redirect(instance, clock);
  if (clock >= drain_ends_[instance.index()]) lose_requests_of(instance, clock);
  return gateway_.book().in_flight(instance) == 0;
}

void ControlPipeline::lose_requests_of(InstanceId instance, Micros clock) {
  std::vector<RequestId> lost = fleet_[instance].waiting_requests();
  const std::span<const RequestId> running = fleet_[instance].running_requests();
  lost.insert(lost.end(), running.begin(), running.end());
  for (const RequestId request : lost) gateway_.lose(request, clock);
}

}  // namespace blis::cluster
