#include "control/stabilization.h"

#include <algorithm>

namespace blis::control {

std::vector<Decision> StabilizationGate::pass(Micros now, const std::vector<Decision>& decisions) {
  forget_silent(up_, decisions, true);
  forget_silent(down_, decisions, false);
  std::vector<Decision> passed;
  for (const Decision& decision : decisions) {
    if (decision.delta == 0) continue;
    if (passes(decision.delta > 0 ? up_ : down_, {decision.model, decision.roles}, now))
      passed.push_back(decision);
  }
  return passed;
}

void StabilizationGate::forget_silent(Direction& direction, const std::vector<Decision>& decisions,
                                      bool is_up) {
  std::erase_if(direction.first_signal, [&](const auto& entry) {
    return std::ranges::none_of(decisions, [&](const Decision& decision) {
      return Group(decision.model, decision.roles) == entry.first &&
             (is_up ? decision.delta > 0 : decision.delta < 0);
    });
  });
}

bool StabilizationGate::passes(Direction& direction, const Group& group, Micros now) {
  const auto [first, is_new] = direction.first_signal.try_emplace(group, now);
  if (is_new && direction.window_us > 0) return false;
  if (now - first->second < Micros::truncate(direction.window_us)) return false;
  direction.first_signal.erase(first);
  return true;
}

}  // namespace blis::control
