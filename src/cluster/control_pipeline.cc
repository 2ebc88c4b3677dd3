#include "cluster/control_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blis::cluster {

using control::InstanceState;

ControlPipeline::ControlPipeline(const ClusterConfig& config, Fleet& fleet, FleetBuilder& builder,
                                 GatewayPipeline& gateway, EventQueue& events,
                                 const SymbolTable& symbols, Diagnostics& diagnostics)
    : config_(config),
      fleet_(fleet),
      builder_(builder),
      gateway_(gateway),
      events_(events),
      symbols_(symbols),
      diagnostics_(diagnostics),
      loading_stream_(random::stream_seed(config.seed, "instance-loading")),
      drain_(control::find_drain_policy(config.control.drain.policy)),
      timers_(config.control.failures, config.seed, events),
      nodes_(config, builder, events, timers_) {
  const bool must_load = builder.has_node_pools() && !config.control.warm_start_initial_instances;
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    states_.emplace_back(must_load ? InstanceState::kLoading : InstanceState::kActive);
    if (must_load) start_loading(InstanceId(i), Micros());
    timers_.arm_instance(InstanceId(i), Micros());
  }
  settle_nodes(Micros());
  if (config.control.autoscaler.interval > Micros()) {
    autoscaler_ = std::make_unique<control::Autoscaler>(config.control.autoscaler, config.seed);
    events_.push(Micros(), EventKind::kScalingTick, 0);
  }
}

// ----------------------------------------------------------------------------------------------
// life cycle

void ControlPipeline::start_loading(InstanceId instance, Micros clock) {
  gateway_.book().set_routable(instance, false);
  const Micros delay = control::sample(config_.control.loading_delay, loading_stream_);
  if (delay == Micros()) return finish_loading(instance, clock);
  // Where instances fail they are loaded again and again, whether or not anybody needs them.
  events_.push(clock + delay, EventKind::kInstanceLoaded, instance.value(),
               /*is_background=*/config_.control.failures.any());
}

void ControlPipeline::finish_loading(InstanceId instance, Micros clock) {
  if (state(instance) != InstanceState::kLoading) return;  // it is gone
  advance(instance, InstanceState::kActive);
  gateway_.release_held(clock);
}

void ControlPipeline::join(InstanceId instance, Micros clock) {
  gateway_.add_instance(instance);
  states_.emplace_back(InstanceState::kLoading);
  start_loading(instance, clock);
  timers_.arm_instance(instance, clock);
}

void ControlPipeline::finish_provisioning(std::size_t node, Micros clock) {
  nodes_.finish_provisioning(node, clock);
  settle_nodes(clock);
}

void ControlPipeline::settle_nodes(Micros clock) {
  for (const InstanceId instance : nodes_.settle(clock)) join(instance, clock);
}

void ControlPipeline::advance(InstanceId instance, InstanceState to) {
  control::Lifecycle& lifecycle = states_[instance.index()];
  lifecycle.advance(to);
  gateway_.book().set_routable(instance, lifecycle.is_routable());
}

// A request that is still on its way into the instance is overlooked; it will be served by an
// instance that has ended [BUG, spec control-plane 5.5].
void ControlPipeline::end_if_idle(InstanceId instance, Micros clock) {
  if (drain_->ends_when_empty && !has_drained(instance, clock)) return;
  if (fleet_[instance].is_idle()) drop(instance, clock);
}

// ----------------------------------------------------------------------------------------------
// the autoscaler

void ControlPipeline::tick(Micros clock, bool more_arrivals) {
  schedule(autoscaler_->tick(report_fleet(clock)));
  if (is_idle_for_good(more_arrivals)) return;
  events_.push(clock + config_.control.autoscaler.interval, EventKind::kScalingTick, 0);
}

// Without scale targets requests at the gateway are not looked at, so the ticks may end while there
// is work [BUG, spec control-plane 7.8].
bool ControlPipeline::is_idle_for_good(bool more_arrivals) const {
  if (config_.instance.horizon != Micros::max() || more_arrivals) return false;
  if (has_scale_targets() && gateway_.queue_size() > 0) return false;
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    if (gateway_.book().in_flight(InstanceId(i)) > 0) return false;
  }
  return true;
}

void ControlPipeline::actuate(std::uint32_t plan, Micros clock) {
  for (const control::Decision& decision : std::exchange(plans_[plan], {})) {
    if (decision.desired) {
      arrive_at(decision, plan, clock);
    } else if (decision.delta > 0) {
      scale_up(decision, clock);
    } else {
      scale_down(decision, clock);
    }
  }
}

void ControlPipeline::scale_up(const control::Decision& decision, Micros clock) {
  if (!builder_.has_node_pools()) {
    diagnostics_.warn("the autoscaler cannot add instances without node pools");
    return;
  }
  for (std::int64_t i = 0; i < decision.delta; ++i) {
    std::string name = fmt::format("autoscale-{}-{:06}", decision.model, ++added_instances_);
    const std::optional<InstanceId> instance =
        builder_.add(std::move(name), decision.variant, decision.roles, clock);
    if (instance) {
      join(*instance, clock);
    } else if (!config_.control.instances_wait()) {
      diagnostics_.warn("the autoscaler found no GPUs for an instance", decision.variant.gpu_type);
    }
  }
  settle_nodes(clock);
}

void ControlPipeline::drop(InstanceId instance, Micros clock) {
  if (state(instance) == InstanceState::kTerminated) return;
  end(instance);
  builder_.release(instance, clock);
  settle_nodes(clock);
}

void ControlPipeline::end(InstanceId instance) {
  advance(instance, InstanceState::kTerminated);
  gateway_.book().retire(instance);
}

void ControlPipeline::scale_down(const control::Decision& decision, Micros clock) {
  for (std::int64_t i = call_off(decision, -decision.delta, clock); i < -decision.delta; ++i) {
    const InstanceId victim = next_to_drain(decision);
    if (victim.is_none()) {
      diagnostics_.warn("the autoscaler found no instance to drain", decision.variant.gpu_type);
      return;
    }
    advance(victim, InstanceState::kDraining);
    begin_drain(victim, clock);
  }
}

InstanceId ControlPipeline::next_to_drain(const control::Decision& decision) const {
  InstanceId first = InstanceId::none();
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    const InstanceId id(i);
    if (states_[i].state() != InstanceState::kActive) continue;
    if (!is_of(id, decision)) continue;
    if (first.is_none() || fleet_.profile(id).name < fleet_.profile(first).name) first = id;
  }
  return first;
}

}  // namespace blis::cluster
