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
  if (delay == Micros()) return finish_loading(instance);
  // Where instances fail they are loaded again and again, whether or not anybody needs them.
  events_.push(clock + delay, EventKind::kInstanceLoaded, instance.value(),
               /*is_background=*/config_.control.failures.any());
}

void ControlPipeline::finish_loading(InstanceId instance) {
  if (state(instance) != InstanceState::kLoading) return;  // it failed meanwhile
  advance(instance, InstanceState::kActive);
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
  if (fleet_[instance].is_idle()) drop(instance, clock);
}

// ----------------------------------------------------------------------------------------------
// the autoscaler

void ControlPipeline::tick(Micros clock, bool more_arrivals) {
  // The same read as the gateway's, so a tick decides when the gateway's signals are due next, even
  // if it changes nothing [QUIRK, spec control-plane 7.2].
  std::vector<control::ReplicaReport> serving;
  for (const gateway::InstanceSignals& signals : gateway_.book().observe(clock).candidates) {
    control::ReplicaReport& replica = serving.emplace_back(report(signals.instance));
    replica.waiting_requests = signals.waiting_requests;
    replica.kv_tokens = signals.total_kv_tokens;
    replica.kv_tokens_in_use = signals.kv_tokens_in_use;
  }
  std::vector<control::ReplicaReport> loading;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].state() != InstanceState::kLoading) continue;
    const kv::KvStore& kv = std::as_const(fleet_[InstanceId(i)]).kv();
    loading.emplace_back(report(InstanceId(i))).kv_tokens = kv.total_blocks() * kv.block_size();
  }
  // Who waits for GPUs or for a restart is on its way, too; else it would be asked for again at
  // every tick.
  for (const InstanceId dead : awaited_) {
    const kv::KvStore& kv = std::as_const(fleet_[dead]).kv();
    loading.emplace_back(report(dead)).kv_tokens = kv.total_blocks() * kv.block_size();
  }
  for (const Blueprint& blueprint : builder_.waiting()) {
    loading.push_back(report(blueprint));
  }

  control::Autoscaler::Plan plan = autoscaler_->tick(clock, serving, loading);
  if (!plan.decisions.empty()) {
    plans_.push_back(std::move(plan.decisions));
    events_.push(plan.at, EventKind::kScaleActuation,
                 static_cast<std::uint32_t>(plans_.size() - 1));
  }
  if (is_idle_for_good(more_arrivals)) return;
  events_.push(clock + config_.control.autoscaler.interval, EventKind::kScalingTick, 0);
}

// Requests at the gateway and under way are not looked at, so the ticks may end while there is work
// [BUG, spec control-plane 7.8].
bool ControlPipeline::is_idle_for_good(bool more_arrivals) const {
  if (config_.instance.horizon != Micros::max() || more_arrivals) return false;
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    if (gateway_.book().in_flight(InstanceId(i)) > 0) return false;
  }
  return true;
}

control::ReplicaReport ControlPipeline::report(InstanceId instance) const {
  const gateway::InstanceProfile& profile = fleet_.profile(instance);
  return {.instance = instance,
          .model = std::string(symbols_.text(profile.model)),
          .variant = {.gpu_type = profile.gpu_type,
                      .tensor_parallel = std::max<std::int64_t>(1, profile.tensor_parallelism)},
          .cost_usd_per_hour = profile.cost_usd_per_hour};
}

control::ReplicaReport ControlPipeline::report(const Blueprint& waiting) {
  const gateway::InstanceProfile& profile = waiting.plan.profile;
  const std::string& gpu_type = waiting.gpu_type.empty() ? profile.gpu_type : waiting.gpu_type;
  return {.instance = InstanceId::none(),
          .model = std::string(symbols_.text(profile.model)),
          .variant = {.gpu_type = gpu_type, .tensor_parallel = waiting.gpus},
          .kv_tokens = builder_.expected_kv_tokens(waiting)};
}

void ControlPipeline::actuate(std::uint32_t plan, Micros clock) {
  for (const control::Decision& decision : std::exchange(plans_[plan], {})) {
    if (decision.delta > 0) {
      scale_up(decision, clock);
    } else {
      scale_down(decision);
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
        builder_.add(std::move(name), decision.variant, clock);
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

void ControlPipeline::scale_down(const control::Decision& decision) {
  const std::int64_t cancelled = builder_.cancel_waiting(decision.variant, -decision.delta);
  for (std::int64_t i = cancelled; i < -decision.delta; ++i) {
    const InstanceId victim = next_to_drain(decision);
    if (victim.is_none()) {
      diagnostics_.warn("the autoscaler found no instance to drain", decision.variant.gpu_type);
      return;
    }
    advance(victim, InstanceState::kDraining);
  }
}

InstanceId ControlPipeline::next_to_drain(const control::Decision& decision) const {
  InstanceId first = InstanceId::none();
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    const InstanceId id(i);
    if (states_[i].state() != InstanceState::kActive) continue;
    const control::ReplicaReport replica = report(id);
    if (replica.model != decision.model || replica.variant != decision.variant) continue;
    if (first.is_none() || fleet_.profile(id).name < fleet_.profile(first).name) first = id;
  }
  return first;
}

}  // namespace blis::cluster
