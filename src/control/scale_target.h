// What scales by itself: a group of replicas with limits of its own, and how an HPA judges it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/micros.h"
#include "gateway/signals.h"

namespace blis::control {

/// One metric of an HPA and the value per replica that it aims at.
struct HpaMetric {
  std::string name;  ///< a row of scaling_metrics.def
  double target = 0;
};

/// How fast replicas may come or go: so many, or so many per cent of those at the start, within any
/// `period`.
struct HpaRatePolicy {
  bool is_percent = false;
  std::int64_t value = 0;
  Micros period;
};

enum class SelectPolicy : std::uint8_t {
  kMax,       ///< the policy that allows the largest change decides
  kMin,       ///< the smallest
  kDisabled,  ///< no change in this direction
};

/// One direction of `behavior`.
struct HpaDirection {
  Micros stabilization_window;
  double tolerance = 0.1;  ///< deviations of usage / target from 1 that change nothing
  SelectPolicy select = SelectPolicy::kMax;
  std::vector<HpaRatePolicy> policies;
};

/// Defaults of Kubernetes: growth at once, by 4 replicas or 100 % in 15 s, whichever is more;
/// shrinking to what was the largest recommendation of 5 minutes.
struct HpaConfig {
  std::vector<HpaMetric> metrics;
  HpaDirection up{.stabilization_window = Micros(0),
                  .policies = {{true, 100, Micros(15'000'000)}, {false, 4, Micros(15'000'000)}}};
  HpaDirection down{.stabilization_window = Micros(300'000'000),
                    .policies = {{true, 100, Micros(15'000'000)}}};
};

struct ScaleTarget {
  gateway::PoolRoles roles = gateway::kNoRole;  ///< kNoRole: all replicas, whatever their role
  std::int64_t min_replicas = 1;
  std::int64_t max_replicas = std::numeric_limits<std::int32_t>::max();
  /// Without any work for so long a target whose minimum is 0 goes there. KEDA's default.
  Micros idle_timeout{300'000'000};
  HpaConfig hpa{};
};

}  // namespace blis::control
