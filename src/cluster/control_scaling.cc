// The part of ControlPipeline that looks for the autoscaler and brings its targets about.

#include <algorithm>
#include <utility>

#include "cluster/control_pipeline.h"

namespace blis::cluster {

using control::InstanceState;

control::FleetReport ControlPipeline::report_fleet(Micros clock) {
  control::FleetReport fleet{.now = clock, .model = config_.model};
  // The same read as the gateway's, so a tick decides when the gateway's signals are due next, even
  // if it changes nothing [QUIRK, spec control-plane 7.2].
  for (const gateway::InstanceSignals& signals : gateway_.book().observe(clock).candidates) {
    control::ReplicaReport& replica = fleet.serving.emplace_back(report(signals.instance));
    replica.waiting_requests = signals.waiting_requests;
    replica.kv_tokens = signals.details->total_kv_tokens;
    replica.kv_tokens_in_use = signals.details->kv_tokens_in_use;
    replica.in_flight_requests = signals.in_flight_requests;
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].state() != InstanceState::kLoading) continue;
    const kv::KvStore& kv = std::as_const(fleet_[InstanceId(i)]).kv();
    fleet.loading.emplace_back(report(InstanceId(i))).kv_tokens =
        kv.total_blocks() * kv.block_size();
  }
  // Who waits for GPUs or for a restart is on its way, too; else it would be asked for again at
  // every tick.
  for (const InstanceId dead : awaited_) {
    const kv::KvStore& kv = std::as_const(fleet_[dead]).kv();
    fleet.loading.emplace_back(report(dead)).kv_tokens = kv.total_blocks() * kv.block_size();
  }
  for (const FleetBuilder::Waiting& waiting : builder_.waiting()) {
    const InstancePlan& plan = waiting.expected;
    fleet.loading.emplace_back(report(plan.profile, plan.roles)).kv_tokens =
        plan.config.total_kv_blocks * plan.config.block_size_tokens;
  }
  const std::int64_t turned_away = gateway_.turned_away();
  fleet.demand = {
      .waiting_requests = gateway_.queue_size(),
      .turned_away_requests = turned_away - std::exchange(turned_away_before_, turned_away)};
  if (builder_.has_node_pools()) fleet.inventory = builder_.nodes().inventory();
  return fleet;
}

control::ReplicaReport ControlPipeline::report(const gateway::InstanceProfile& profile,
                                               gateway::PoolRoles roles) const {
  return {.instance = InstanceId::none(),
          .model = std::string(symbols_.text(profile.model)),
          .variant = {.gpu_type = profile.gpu_type,
                      .tensor_parallel = std::max<std::int64_t>(1, profile.tensor_parallelism)},
          .cost_usd_per_hour = profile.cost_usd_per_hour,
          .roles = roles};
}

bool ControlPipeline::is_of(const gateway::InstanceProfile& profile, gateway::PoolRoles roles,
                            const control::Decision& decision) const {
  const auto is_of_variant = [&] {
    return decision.variant.gpu_type == profile.gpu_type &&
           decision.variant.tensor_parallel ==
               std::max<std::int64_t>(1, profile.tensor_parallelism);
  };
  return symbols_.text(profile.model) == decision.model &&
         (decision.roles == gateway::kNoRole || roles == decision.roles) &&
         (decision.variant.gpu_type.empty() || is_of_variant());
}

void ControlPipeline::schedule(control::Autoscaler::Plan plan) {
  if (plan.decisions.empty()) return;
  plans_.push_back(std::move(plan.decisions));
  events_.push(plan.at, EventKind::kScaleActuation, static_cast<std::uint32_t>(plans_.size() - 1));
}

void ControlPipeline::arrive_at(const control::Decision& decision, std::uint32_t plan,
                                Micros clock) {
  const auto [newest, is_first] = newest_plan_.try_emplace(decision.roles, plan);
  if (!is_first && newest->second > plan) return;
  newest->second = plan;

  const control::Decision all{.model = decision.model, .variant = {}, .roles = decision.roles};
  std::int64_t present = 0;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const bool counts = states_[i].state() <= InstanceState::kActive;
    if (counts && is_of(InstanceId(i), all)) ++present;
  }
  for (const InstanceId dead : awaited_) present += is_of(dead, all) ? 1 : 0;
  for (const FleetBuilder::Waiting& waiting : builder_.waiting()) {
    present += is_of(waiting.expected.profile, waiting.expected.roles, all) ? 1 : 0;
  }
  control::Decision change = decision;
  change.desired.reset();
  change.delta = *decision.desired - present;
  if (change.delta > 0) scale_up(change, clock);
  // What is not there or still loads is of no use to anybody yet, so it goes first, the youngest of
  // it; then those that serve.
  if (change.delta < 0) change.delta += call_off(change, -change.delta, clock);
  for (std::size_t i = states_.size(); i-- > 0 && change.delta < 0;) {
    if (states_[i].state() != InstanceState::kLoading || !is_of(InstanceId(i), change)) continue;
    drop(InstanceId(i), clock);
    ++change.delta;
  }
  if (change.delta < 0) scale_down(change, clock);
}

std::int64_t ControlPipeline::call_off(const control::Decision& decision, std::int64_t count,
                                       Micros clock) {
  std::int64_t gone = builder_.cancel_waiting(count, [&](const InstancePlan& expected) {
    return is_of(expected.profile, expected.roles, decision);
  });
  for (std::size_t i = awaited_.size(); i-- > 0 && gone < count;) {
    const InstanceId dead = awaited_[i];
    if (!is_of(dead, decision)) continue;
    awaited_.erase(awaited_.begin() + static_cast<std::ptrdiff_t>(i));
    builder_.release(dead, clock);
    ++gone;
  }
  if (gone > 0) settle_nodes(clock);
  return gone;
}

}  // namespace blis::cluster
