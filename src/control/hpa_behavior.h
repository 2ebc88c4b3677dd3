// What an HPA's `behavior` makes of a recommendation: stabilisation over a window, then limits to
// the rate of change.
//
// Stabilisation: growth goes to the smallest recommendation of the up window, shrinking to the
// largest of the down window. Rates: each policy says where the count may be at the end of a period
// that began with the count of its start; events within the period are undone to find it.
// SOURCE  kubernetes/kubernetes pkg/controller/podautoscaler/horizontal.go.
#pragma once

#include <cstdint>
#include <vector>

#include "base/micros.h"
#include "control/scale_target.h"

namespace blis::control {

class HpaBehavior {
 public:
  HpaBehavior(HpaDirection up, HpaDirection down);

  /// What to go to from `current` if the metrics ask for `proposed`. Remembers both. REQUIRES calls
  /// come in order of `now`; min <= max.
  std::int64_t next(Micros now, std::int64_t current, std::int64_t proposed, std::int64_t min,
                    std::int64_t max);

 private:
  struct Moment {
    Micros at;
    std::int64_t value = 0;
  };
  using Moments = std::vector<Moment>;

  std::int64_t stabilize(Micros now, std::int64_t current, std::int64_t proposed);
  std::int64_t start_of_period(Micros now, std::int64_t current, Micros period) const;
  std::int64_t up_limit(Micros now, std::int64_t current) const;
  std::int64_t down_limit(Micros now, std::int64_t current) const;

  HpaDirection up_;
  HpaDirection down_;
  Micros longest_period_;
  Moments recommendations_;
  Moments changes_;  // signed
};

}  // namespace blis::control
