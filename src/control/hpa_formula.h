// How many replicas one metric asks for, as a Kubernetes HorizontalPodAutoscaler computes it.
//
//   ratio = mean usage / target;  replicas = ceil(ratio * replicas measured)
//
// unless the ratio is within the tolerance. Replicas that are not ready yet count as unused when
// the answer is "more", so that replicas on their way are not asked for again; those without a
// measurement count as unused then, and as used to the point when the answer is "fewer".
// SOURCE  kubernetes/kubernetes pkg/controller/podautoscaler/replica_calculator.go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace blis::control {

struct Tolerance {
  double up = 0.1;
  double down = 0.1;
  bool contains(double ratio) const { return 1.0 - down <= ratio && ratio <= 1.0 + up; }
};

/// From a metric of each replica. `measured` are those of the replicas that are ready; `missing`
/// are ready without a measurement, `unready` are still to come. nullopt if nothing was measured.
/// REQUIRES target > 0, current >= 1.
std::optional<std::int64_t> replicas_for_usage(std::span<const double> measured,
                                               std::int64_t missing, std::int64_t unready,
                                               double target, std::int64_t current,
                                               const Tolerance& tolerance);

/// From a metric that all replicas share, against a target per replica.
/// REQUIRES target > 0, current >= 1.
std::int64_t replicas_for_total(double total, double target, std::int64_t current,
                                const Tolerance& tolerance);

}  // namespace blis::control
