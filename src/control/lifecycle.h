// The states an instance goes through; never backwards. SOURCE spec control-plane 5.3.
//
//   Loading -> Active -> Draining -> Terminated
//
// Each state may also be cut short to Terminated. The reference has two more, which nothing can
// reach: Scheduling (an instance that waits for a node is not built at all) and WarmingUp (needs a
// number of warm-up requests, which no setting gives).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace blis::control {

enum class InstanceState : std::uint8_t {
  kLoading,     ///< owns its GPUs, takes no requests, counts as supply to come
  kActive,      ///< takes requests
  kDraining,    ///< finishes what it has
  kTerminated,  ///< owns nothing; keeps its metrics
};

/// All of them, in the order of their values.
inline constexpr std::array kInstanceStates{InstanceState::kLoading, InstanceState::kActive,
                                            InstanceState::kDraining, InstanceState::kTerminated};

std::string_view name_of(InstanceState state);

/// Whether `to` may follow `from`.
constexpr bool may_follow(InstanceState from, InstanceState to) {
  if (to == InstanceState::kDraining) return from == InstanceState::kActive;
  return from < to;
}

/// One instance's state. A transition that is not allowed is a bug of ours.
class Lifecycle {
 public:
  explicit Lifecycle(InstanceState initial) : state_(initial) {}
  InstanceState state() const { return state_; }
  bool is_routable() const { return state_ == InstanceState::kActive; }
  /// REQUIRES may_follow(state(), to).
  void advance(InstanceState to);

 private:
  InstanceState state_;
};

}  // namespace blis::control
