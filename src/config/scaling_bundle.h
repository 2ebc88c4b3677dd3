// The part of `autoscaler:` in a policy bundle that is not the reference's: which policy scales,
// and what.
#pragma once

#include <string>
#include <vector>

#include "base/yaml_reader.h"
#include "control/control_config.h"

namespace blis::config {

struct ScalingBundle {
  std::string policy;     ///< "" = the reference's
  std::string optimizer;  ///< "" = the reference's
  std::vector<control::ScaleTarget> targets;
  std::vector<control::ScheduledAction> schedule;
};

/// `instance_lifecycle.drain`.
control::DrainConfig read_drain(const YamlNode& node, YamlErrors& errors);

/// Takes the keys `policy`, `optimizer`, `targets` and `schedule` of `autoscaler`. Every mistake
/// goes to `errors`.
void read_scaling(YamlFields& autoscaler, ScalingBundle& out, YamlErrors& errors);

}  // namespace blis::config
