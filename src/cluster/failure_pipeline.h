// The events of failures and repairs.
//
//   GPU       the instance on it dies; what is left of its GPUs becomes free, and it waits for
//   others node      all instances on it die and wait for GPUs elsewhere, or for the repair
//   instance  it dies, keeps its GPUs, and is built again after its repair time
//
// An instance that dies loses its KV caches and every request that is on it; what becomes of those
// is RequestRetries' business. It is built again under a new name and id and loads like any other;
// its predecessor stays in the results. One that was draining is not built again. A split request
// lives on two instances: its decode instance from its routing to its end, its prefill instance
// until its KV has been transferred. If either dies in that time, the whole request is interrupted.
#pragma once

#include <cstdint>

#include "cluster/control_pipeline.h"
#include "cluster/disaggregation_pipeline.h"
#include "cluster/fleet_builder.h"
#include "cluster/gateway_pipeline.h"
#include "cluster/request_retries.h"
#include "cluster/simulation_result.h"

namespace blis::cluster {

class FailurePipeline {
 public:
  /// All references outlive the pipeline; `disaggregation` may be nullptr.
  FailurePipeline(FleetBuilder& builder, ControlPipeline& control, GatewayPipeline& gateway,
                  DisaggregationPipeline* disaggregation, const request::RequestTable& requests,
                  RequestRetries& retries)
      : builder_(builder),
        control_(control),
        gateway_(gateway),
        disaggregation_(disaggregation),
        requests_(requests),
        retries_(retries) {}

  // Cluster events.
  void fail_instance(InstanceId instance, Micros clock);
  void restart_instance(InstanceId dead, Micros clock);
  void fail_node(std::size_t node, Micros clock);
  void repair_node(std::size_t node, Micros clock);
  /// `gpu` is its index among all (control::Nodes::gpu_at).
  void fail_gpu(std::uint32_t gpu, Micros clock);
  void repair_gpu(std::uint32_t gpu, Micros clock);

  /// The instance is gone for good, now, with its GPUs; harmless if it was already.
  void drop_instance(InstanceId instance, Micros clock);

  FailureCounters counters() const;

 private:
  /// Takes all requests off the instance, which is about to die.
  void interrupt_requests(InstanceId instance, Micros clock);
  /// The instance cannot live on its GPUs any more, alive or about to be built again.
  void evacuate(InstanceId instance, Micros clock);

  FleetBuilder& builder_;
  ControlPipeline& control_;
  GatewayPipeline& gateway_;
  DisaggregationPipeline* disaggregation_;
  const request::RequestTable& requests_;
  RequestRetries& retries_;
  FailureCounters counters_;
};

}  // namespace blis::cluster
