#include "control/scaling_metric.h"

#include <algorithm>

namespace blis::control {
namespace {

double kv_utilization(const ReplicaReport& replica) {
  if (replica.kv_tokens <= 0) return 0;
  return static_cast<double>(replica.kv_tokens_in_use) / static_cast<double>(replica.kv_tokens);
}
double queue_length(const ReplicaReport& replica) {
  return static_cast<double>(replica.waiting_requests);
}
double in_flight(const ReplicaReport& replica) {
  return static_cast<double>(replica.in_flight_requests);
}
double waiting_at_gateway(const GatewayDemand& demand) {
  return static_cast<double>(demand.waiting_requests);
}

constexpr ScalingMetric kEntries[] = {
#define BLIS_SCALING_METRIC(name, of_replica, of_gateway, help) \
  {name, of_replica, of_gateway, help},
#include "control/scaling_metrics.def"
#undef BLIS_SCALING_METRIC
};
static_assert(std::ranges::is_sorted(kEntries, {}, &ScalingMetric::name));

}  // namespace

std::span<const ScalingMetric> scaling_metric_entries() { return kEntries; }

const ScalingMetric* find_scaling_metric(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &ScalingMetric::name);
  return found == std::end(kEntries) ? nullptr : found;
}

}  // namespace blis::control
