#include "control/autoscaler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace blis::control {
namespace {

std::unique_ptr<ScalingPolicy> make_policy(const AutoscalerConfig& config) {
  const ScalingPolicyEntry* entry = find_scaling_policy(config.policy);
  BLIS_CHECK(entry != nullptr, "control: there is no scaling policy {}", config.policy);
  return entry->make(config);
}

/// Replicas that serve or load; of all variants if the variant has no GPU type.
std::int64_t count_replicas(const FleetReport& report, const TargetState& target) {
  const auto is_member = [&](const ReplicaReport& r) { return target.includes(r.roles); };
  return std::ranges::count_if(report.serving, is_member) +
         std::ranges::count_if(report.loading, is_member);
}

}  // namespace

Autoscaler::Autoscaler(const AutoscalerConfig& config, std::int64_t seed)
    : config_(config),
      policy_(make_policy(config)),
      stream_(random::stream_seed(seed, "autoscaler")) {
  for (const ScaleTarget& target : config.targets) {
    targets_.push_back({.roles = target.roles,
                        .min_replicas = target.min_replicas,
                        .max_replicas = target.max_replicas});
  }
  for (const ScheduledAction& action : config.schedule) next_action_.emplace_back(action.at);
}

Autoscaler::Plan Autoscaler::tick(const FleetReport& report) {
  note_activity(report);
  follow_schedule(report.now);
  Plan plan{.decisions = policy_->decide(report, targets_), .at = report.now};
  if (!targets_.empty()) plan.decisions = within_limits(report, plan.decisions);
  if (!plan.decisions.empty()) plan.at = report.now + sample(config_.scrape_delay, stream_);
  return plan;
}

void Autoscaler::note_activity(const FleetReport& report) {
  for (TargetState& target : targets_) {
    if (!has_started_) {
      target.desired = count_replicas(report, target);
      target.last_active = report.now;
    }
    const bool has_work = std::ranges::any_of(report.serving, [&](const ReplicaReport& r) {
      return target.includes(r.roles) && r.in_flight_requests > 0;
    });
    if (has_work || report.demand.any()) target.last_active = report.now;
  }
  has_started_ = true;
}

void Autoscaler::follow_schedule(Micros now) {
  for (std::size_t i = 0; i < next_action_.size(); ++i) {
    const ScheduledAction& action = config_.schedule[i];
    // Of several repetitions since the last tick one is as good as all.
    if (!next_action_[i] || now < *next_action_[i]) continue;
    carry_out(action, now);
    if (action.every == Micros()) {
      next_action_[i].reset();
      continue;
    }
    const std::int64_t passed = (now - action.at).count() / action.every.count();
    next_action_[i] = action.at + Micros((passed + 1) * action.every.count());
  }
}

void Autoscaler::carry_out(const ScheduledAction& action, Micros now) {
  const auto target = std::ranges::find(targets_, action.roles, &TargetState::roles);
  BLIS_CHECK(target != targets_.end(), "control: a scheduled action has no target");
  if (action.min_replicas) {
    target->min_replicas = *action.min_replicas;
    target->max_replicas = std::max(target->max_replicas, target->min_replicas);
  }
  if (action.max_replicas) {
    target->max_replicas = *action.max_replicas;
    target->min_replicas = std::min(target->min_replicas, target->max_replicas);
  }
  if (!action.desired_replicas) return;
  target->scheduled = *action.desired_replicas;
  if (*target->scheduled > 0) target->last_active = now;  // not to sleep again at once
}

std::vector<Decision> Autoscaler::within_limits(const FleetReport& report,
                                                const std::vector<Decision>& wanted) {
  std::vector<Decision> decisions;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    TargetState& target = targets_[i];
    const std::int64_t present = count_replicas(report, target);
    Decision decision{.model = report.model, .variant = {}, .roles = target.roles};
    std::int64_t count = target.desired;
    const auto wish = std::ranges::find(wanted, target.roles, &Decision::roles);
    if (wish != wanted.end()) {
      decision.variant = wish->variant;
      count = wish->desired ? *wish->desired : present + wish->delta;
    }
    const std::optional<std::int64_t> scheduled = std::exchange(target.scheduled, std::nullopt);
    if (scheduled) count = *scheduled;
    if (!scheduled) {
      count = limited(target, count, report, config_.targets[i].idle_timeout);
    } else {
      count = std::clamp(count, target.min_replicas, target.max_replicas);
    }
    // Also if only the wish has changed: an older one may be under way, and the latest wins.
    const bool is_news = count != target.desired;
    target.desired = count;
    if (count == present && !is_news) continue;
    decision.desired = count;
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

std::int64_t Autoscaler::limited(const TargetState& target, std::int64_t wanted,
                                 const FleetReport& report, Micros idle_timeout) const {
  const std::int64_t least = target.least_when_active();
  if (target.min_replicas == 0) {
    const bool sleeps = target.desired == 0;
    if (sleeps && !report.demand.any()) return 0;
    if (!sleeps && report.now - target.last_active >= idle_timeout) return 0;
  }
  return std::clamp(wanted, least, std::max(least, target.max_replicas));
}

}  // namespace blis::control
