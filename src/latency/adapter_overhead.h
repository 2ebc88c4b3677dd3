// What LoRA adapters in the batch add to a step.
#pragma once

#include "base/micros.h"

namespace blis::latency {

/// The step of duration `base` slowed down by `factor`:  max(1, truncate(base * factor)).
///
/// A factor that is NaN, infinite or at most 1 leaves `base` as it is, so a batch without adapters
/// costs exactly what it costs without LoRA. The factor comes from
/// model::LoraCostModel::step_overhead_factor. REQUIRES  base >= 1 µs.  SOURCE spec latency 1
/// (adapter overhead wrapper), 12.3.
Micros with_adapter_overhead(Micros base, double factor);

}  // namespace blis::latency
