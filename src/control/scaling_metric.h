// Metrics that an HPA may look at. To add one: a function, a row in scaling_metrics.def, a test, a
// row in docs/control-plane.md.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "control/signals.h"

namespace blis::control {

struct ScalingMetric {
  std::string_view name;
  /// Of one replica; nullptr if the metric belongs to nobody.
  double (*of_replica)(const ReplicaReport&);
  /// Of the gateway, to be shared by all replicas; nullptr if `of_replica` is given.
  double (*of_gateway)(const GatewayDemand&);
  std::string_view help;
};

std::span<const ScalingMetric> scaling_metric_entries();  ///< ascending by name
/// nullptr if there is no such metric.
const ScalingMetric* find_scaling_metric(std::string_view name);

}  // namespace blis::control
