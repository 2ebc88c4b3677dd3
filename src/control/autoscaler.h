// The autoscaler: collect -> analyze each model -> optimize all models -> stabilise.
//
// Knows no events: whoever runs the clock calls tick() every interval and carries the plan out at
// its time. A decision that is under way is not remembered, so a scrape delay longer than the
// interval makes it twice [BUG, spec control-plane 12.3]. SOURCE spec control-plane 7.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "control/analyzer.h"
#include "control/control_config.h"
#include "control/optimizer.h"
#include "control/stabilization.h"
#include "random/random_stream.h"

namespace blis::control {

class Autoscaler {
 public:
  /// REQUIRES config.interval > 0; its analyzer and optimizer exist. `seed` is the run's.
  Autoscaler(const AutoscalerConfig& config, std::int64_t seed);

  struct Plan {
    std::vector<Decision> decisions;  ///< empty: there is nothing to do
    Micros at;                        ///< when to carry them out
  };
  /// `serving` and `loading` are all instances that can take requests or soon will, in instance
  /// order. Draws from the stream only if there is something to do.
  Plan tick(Micros now, std::span<const ReplicaReport> serving,
            std::span<const ReplicaReport> loading);

 private:
  std::unique_ptr<Analyzer> analyzer_;
  std::unique_ptr<Optimizer> optimizer_;
  StabilizationGate gate_;
  Delay scrape_delay_;
  random::RandomStream stream_;
};

}  // namespace blis::control
