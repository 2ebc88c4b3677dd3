// Drain policies: what becomes of the requests of an instance that is to go.
//
// To add one: a row in drain_policies.def, a test, a row in docs/autoscaling.md. SOURCE spec
// control-plane 5.5; the reference has them, out of reach of its users.
#pragma once

#include <span>
#include <string_view>

namespace blis::control {

struct DrainPolicy {
  std::string_view name;  ///< as written in `instance_lifecycle.drain.policy`
  /// An instance that has nothing left, not even a request on its way to it, ends at once, also if
  /// it is idle when it is told to go. The reference's own drain looks only at events of the
  /// instance, which an idle one has not, and only at its queue and batch.
  bool ends_when_empty;
  bool loses_requests;      ///< all requests are lost, and the instance ends as soon as it can
  bool redirects_requests;  ///< those that have not run yet go back to the gateway
  std::string_view help;
};

std::span<const DrainPolicy> drain_policy_entries();  ///< ascending by name
/// nullptr if there is no such policy.
const DrainPolicy* find_drain_policy(std::string_view name);

}  // namespace blis::control
