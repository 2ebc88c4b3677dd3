#include "cluster/failure_pipeline.h"

#include <vector>

namespace blis::cluster {

using control::InstanceState;
using control::NodeState;

void FailurePipeline::interrupt_requests(InstanceId instance, Micros clock) {
  // The instance takes no more requests before anybody is routed again.
  gateway_.book().set_routable(instance, false);
  std::vector<RequestId> victims;
  for (const RequestId request : gateway_.crash(instance)) {
    const bool is_whole = requests_[request].spec.name.part == request::RequestPart::kWhole;
    if (is_whole) victims.push_back(request);
  }
  if (disaggregation_ != nullptr) disaggregation_->abandon_requests_of(instance, clock, victims);
  for (const RequestId request : victims) retries_.interrupt(request, clock);
}

// ----------------------------------------------------------------------------------------------
// instances

void FailurePipeline::fail_instance(InstanceId instance, Micros clock) {
  const InstanceState state = control_.state(instance);
  if (state == InstanceState::kTerminated) return;
  ++counters_.instance_failures;
  interrupt_requests(instance, clock);
  if (state == InstanceState::kDraining) return control_.drop(instance, clock);
  control_.end(instance);
  control_.await(instance);
  control_.timers().restart_later(instance, clock);
}

void FailurePipeline::restart_instance(InstanceId dead, Micros clock) {
  if (!control_.stop_awaiting(dead)) return;
  ++counters_.instance_restarts;
  control_.join(builder_.rebuild_in_place(dead, clock), clock);
}

void FailurePipeline::drop_instance(InstanceId instance, Micros clock) {
  if (control_.state(instance) != InstanceState::kTerminated) interrupt_requests(instance, clock);
  control_.drop(instance, clock);
}

void FailurePipeline::evacuate(InstanceId instance, Micros clock) {
  const InstanceState state = control_.state(instance);
  if (state == InstanceState::kTerminated) {
    control_.stop_awaiting(instance);
  } else {
    ++counters_.instances_evacuated;
    interrupt_requests(instance, clock);
    control_.end(instance);
  }
  builder_.release(instance, clock);
  if (state != InstanceState::kDraining) builder_.wait_for_rebuild(instance);
}

// ----------------------------------------------------------------------------------------------
// nodes and GPUs

void FailurePipeline::fail_node(std::size_t node, Micros clock) {
  control::Nodes& nodes = builder_.nodes();
  if (nodes.state(node) == NodeState::kTerminated) return;
  ++counters_.node_failures;
  nodes.take_down(node);
  for (const InstanceId instance : nodes.owners_on(node)) evacuate(instance, clock);
  control_.timers().repair_node_later(node, clock);
  control_.settle_nodes(clock);
}

void FailurePipeline::repair_node(std::size_t node, Micros clock) {
  builder_.nodes().make_ready(node);
  control_.timers().arm_node(node, clock);
  control_.settle_nodes(clock);
}

void FailurePipeline::fail_gpu(std::uint32_t gpu, Micros clock) {
  control::Nodes& nodes = builder_.nodes();
  const control::GpuPlace place = nodes.gpu_at(gpu);
  if (nodes.state(place.node) == NodeState::kTerminated) return;
  ++counters_.gpu_failures;
  nodes.set_broken(place, true);
  const InstanceId owner = nodes.owner(place.node, place.gpu);
  if (!owner.is_none()) evacuate(owner, clock);
  control_.timers().repair_gpu_later(gpu, clock);
  control_.settle_nodes(clock);
}

void FailurePipeline::repair_gpu(std::uint32_t gpu, Micros clock) {
  const control::GpuPlace place = builder_.nodes().gpu_at(gpu);
  builder_.nodes().set_broken(place, false);
  if (builder_.nodes().state(place.node) == NodeState::kTerminated) return;
  control_.timers().arm_gpu(gpu, clock);
  control_.settle_nodes(clock);
}

FailureCounters FailurePipeline::counters() const {
  FailureCounters counters = counters_;
  counters.interrupted_requests = retries_.interrupted();
  counters.request_retries = retries_.retries();
  counters.lost_requests = retries_.lost();
  return counters;
}

}  // namespace blis::cluster
