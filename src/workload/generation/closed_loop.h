// Initial requests and blueprints of workloads in which users wait for answers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "workload/generation/plan.h"
#include "workload/generation/produced.h"
#include "workload/session_manager.h"

namespace blis::workload {

struct ClosedLoopWorkload {
  std::vector<Produced> requests;  ///< by arrival; not numbered
  std::vector<SessionBlueprint> blueprints;
  std::optional<std::int64_t> follow_up_budget;
};

/// Draws all initial requests up to the cap, keeps round 0 of the closed-loop sessions, adds the
/// virtual users' first requests. SOURCE spec workload 13.1-13.3, 15.4, 15.5.
ClosedLoopWorkload build_closed_loop(Plan& plan);

}  // namespace blis::workload
