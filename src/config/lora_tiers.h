// Step-overhead tiers in YAML: the one piece that defaults.yaml and a LoRA file write alike.
#pragma once

#include <cstdint>
#include <map>

#include "base/yaml_reader.h"
#include "model/lora.h"

namespace blis::config {

/// Reads `step_overhead_tiers: {rank: {k6, k7}}`; empty if absent. A value that is left out is 0.
/// Ranks that are no integers are reported; ranges are for the caller to check.
std::map<std::int64_t, model::StepOverheadTier> read_step_overhead_tiers(YamlFields& fields,
                                                                         YamlErrors& errors);

}  // namespace blis::config
