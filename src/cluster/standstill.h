// Runs that make step after step and never come to an end.
//
// Some settings let requests block each other for good: without a limit on its length a request can
// outgrow the whole cache, is preempted and starts over, again and again; preempted requests can
// hold every adapter slot while one that needs another adapter stands before them. Time goes on,
// nothing else does. [BUGs of the reference, spec engine W3, W4, kv-cache W3, W13: it runs for
// ever.]
//
// A run is given up in two cases: --max-idle-steps was given and reached, or it is certain that the
// reference would never end, so that no result can differ. Certain means: no horizon, nothing
// pending anywhere but steps of this instance, and either these repeat a state in which nobody
// runs, or a request can never be finished.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "cluster/cluster_config.h"
#include "cluster/fleet.h"
#include "engine/instance.h"
#include "request/request_table.h"

namespace blis::cluster {

/// The run was given up. what() names the instance, its requests and, if it is known, the reason.
class Standstill : public std::runtime_error {
 public:
  Standstill(const engine::Instance& instance, const request::RequestTable& requests,
             const SymbolTable& symbols);
};

/// Whether the instance has made enough steps that led nowhere to be looked at closely.
/// `max_idle_steps` 0 = none given. COST O(1); runs after every event.
inline bool deserves_a_look(const engine::Instance& instance, std::int64_t max_idle_steps) {
  constexpr std::int64_t kStepsBetweenLooks = 1 << 16;
  const std::int64_t idle = instance.idle_steps();
  if (idle < (max_idle_steps > 0 ? max_idle_steps : kStepsBetweenLooks)) return false;
  return (max_idle_steps > 0 || idle % kStepsBetweenLooks == 0) && instance.stands_still();
}

/// Whether the request needs more KV blocks than the instance has, so that it can never be
/// finished.
bool outgrows_cache(const request::Request& r, const engine::Instance& instance);

/// Whether it is certain that this instance makes steps for ever. REQUIRES  no arrival and no event
/// of the cluster is pending.
bool never_ends(const engine::Instance& instance, const Fleet& fleet, const ClusterConfig& config);

}  // namespace blis::cluster
