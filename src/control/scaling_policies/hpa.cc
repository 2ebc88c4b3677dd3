// hpa: each scale target is watched by a HorizontalPodAutoscaler of its own. The metric that asks
// for most decides; then come the windows and rates of `behavior`.
//
// `current` is the number last asked for, as in a Deployment's spec, not the number that runs: a
// decision under way, or a replica that loads or found no GPUs yet, is not asked for again. A
// target at zero is left alone (Autoscaler wakes it). A replica without known KV capacity has not
// reported yet and counts as unmeasured. SOURCE spec control-plane 13; hpa_formula.h,
// hpa_behavior.h.
// NOT MODELLED  readiness delays of new pods (`cpu-initialization-period`), which apply to CPU
// only.

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "control/hpa_behavior.h"
#include "control/hpa_formula.h"
#include "control/scaling_metric.h"
#include "control/scaling_policy.h"

namespace blis::control {
namespace {

struct Metric {
  const ScalingMetric* row;
  double target;
};

struct Watch {
  std::vector<Metric> metrics;
  Tolerance tolerance;
  HpaBehavior behavior;
};

Watch make_watch(const HpaConfig& config) {
  Watch watch{.metrics = {},
              .tolerance = {.up = config.up.tolerance, .down = config.down.tolerance},
              .behavior = {config.up, config.down}};
  for (const HpaMetric& metric : config.metrics) {
    const ScalingMetric* row = find_scaling_metric(metric.name);
    BLIS_CHECK(row != nullptr, "control: there is no scaling metric {}", metric.name);
    watch.metrics.push_back({row, metric.target});
  }
  return watch;
}

class Hpa final : public ScalingPolicy {
 public:
  explicit Hpa(const AutoscalerConfig& config) {
    for (const ScaleTarget& target : config.targets) watches_.push_back(make_watch(target.hpa));
  }

  std::vector<Decision> decide(const FleetReport& report,
                               std::span<const TargetState> targets) override {
    std::vector<Decision> decisions;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const TargetState& target = targets[i];
      if (target.desired == 0) continue;
      const std::optional<std::int64_t> proposed = propose(watches_[i], report, target);
      if (!proposed) continue;
      const std::int64_t next = watches_[i].behavior.next(
          report.now, target.desired, *proposed, target.least_when_active(), target.max_replicas);
      decisions.push_back(
          {.model = report.model, .variant = {}, .roles = target.roles, .desired = next});
    }
    return decisions;
  }

 private:
  static std::optional<std::int64_t> propose(const Watch& watch, const FleetReport& report,
                                             const TargetState& target) {
    std::optional<std::int64_t> most;
    for (const Metric& metric : watch.metrics) {
      const auto replicas = replicas_for(metric, watch.tolerance, report, target);
      if (replicas && (!most || *replicas > *most)) most = replicas;
    }
    return most;
  }

  static std::optional<std::int64_t> replicas_for(const Metric& metric, const Tolerance& tolerance,
                                                  const FleetReport& report,
                                                  const TargetState& target) {
    if (metric.row->of_replica == nullptr) {
      return replicas_for_total(metric.row->of_gateway(report.demand), metric.target,
                                target.desired, tolerance);
    }
    std::vector<double> measured;
    std::int64_t missing = 0;
    for (const ReplicaReport& replica : report.serving) {
      if (!target.includes(replica.roles)) continue;
      if (replica.kv_tokens > 0) {
        measured.push_back(metric.row->of_replica(replica));
      } else {
        ++missing;
      }
    }
    const std::int64_t ready = std::ssize(measured) + missing;
    const std::int64_t unready = std::max<std::int64_t>(0, target.desired - ready);
    return replicas_for_usage(measured, missing, unready, metric.target, target.desired, tolerance);
  }

  std::vector<Watch> watches_;  // by target
};

}  // namespace

std::unique_ptr<ScalingPolicy> make_hpa(const AutoscalerConfig& config) {
  return std::make_unique<Hpa>(config);
}

}  // namespace blis::control
