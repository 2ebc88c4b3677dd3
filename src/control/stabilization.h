// The gate between wanting and doing: a direction must be wanted at every tick of a window before a
// decision passes.
//
// What passes is the decision of the tick that ends the window, not an extremum over it, and the
// next window starts with the next signal. So with a signal at every tick a decision passes every
// (ceil(W / I) + 1) I for a window W > 0 and an interval I. SOURCE spec control-plane 7.7.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/micros.h"
#include "control/signals.h"

namespace blis::control {

class StabilizationGate {
 public:
  /// A window of 0 lets everything pass. A window below 1 µs suppresses the first tick only.
  StabilizationGate(double up_window_us, double down_window_us)
      : up_{.window_us = up_window_us, .first_signal = {}},
        down_{.window_us = down_window_us, .first_signal = {}} {}

  /// The decisions of the tick at `now` that may be carried out. Must be called at every tick, also
  /// without decisions: silence and a change of direction start the window anew.
  std::vector<Decision> pass(Micros now, const std::vector<Decision>& decisions);

 private:
  using Group = std::pair<std::string, gateway::PoolRoles>;  // model and role
  struct Direction {
    double window_us = 0;
    std::map<Group, Micros> first_signal;
  };

  static void forget_silent(Direction& direction, const std::vector<Decision>& decisions,
                            bool is_up);
  static bool passes(Direction& direction, const Group& group, Micros now);

  Direction up_;
  Direction down_;
};

}  // namespace blis::control
