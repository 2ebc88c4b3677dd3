// Step times for every type of GPU that a fleet has.
//
// An extension: the reference computes everything at the speed of --hardware, wherever an instance
// is placed (spec control-plane 14.1). Model, coefficients and parallelism are the global ones, or
// those that a prefill or decode pool overrides; the figures of the GPU come from the hardware
// file.
#pragma once

#include <map>
#include <string>

#include "cluster/cluster_config.h"
#include "config/model_resolution.h"
#include "config/policy_bundle.h"

namespace blis::config {

/// One entry per GPU type of the node pools. `prefill` and `decode` are nullptr unless pools
/// override something. THROWS ConfigError for a type that the hardware file does not have; `file`
/// is the bundle, for the message.
std::map<std::string, cluster::NodeHardware> resolve_node_hardware(const PolicyBundle& bundle,
                                                                   const std::string& file,
                                                                   const ResolvedModel& model,
                                                                   const PoolModel* prefill,
                                                                   const PoolModel* decode);

}  // namespace blis::config
