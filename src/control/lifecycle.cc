#include "control/lifecycle.h"

#include "base/check.h"

namespace blis::control {

std::string_view name_of(InstanceState state) {
  switch (state) {
    case InstanceState::kLoading:
      return "Loading";
    case InstanceState::kActive:
      return "Active";
    case InstanceState::kDraining:
      return "Draining";
    case InstanceState::kTerminated:
      return "Terminated";
  }
  return "";
}

void Lifecycle::advance(InstanceState to) {
  BLIS_CHECK(may_follow(state_, to), "control: an instance went from {} to {} (law 4)",
             name_of(state_), name_of(to));
  state_ = to;
}

}  // namespace blis::control
