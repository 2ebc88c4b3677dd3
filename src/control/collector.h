// The autoscaler's first stage: sorts what the instances report by model.
#pragma once

#include <span>
#include <vector>

#include "control/signals.h"

namespace blis::control {

/// One entry per model, ascending by name; with `by_role` one per model and role. Instances without
/// model or GPU type are left out, as are loading ones without capacity. SOURCE spec control-plane
/// 7.3.
std::vector<ModelSignals> collect(std::span<const ReplicaReport> serving,
                                  std::span<const ReplicaReport> loading, bool by_role = false);

}  // namespace blis::control
