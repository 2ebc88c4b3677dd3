// Which peak of the GPU a model's matrix products run at.
#pragma once

#include "model/architecture.h"
#include "model/gpu.h"

namespace blis::latency {

/// The FP8 peak iff a weight takes exactly one byte and the GPU has one, else the 16-bit peak.
/// [1e12 FLOP/s]
///
/// INT8 and weight-only 8-bit checkpoints also have one byte per weight and so get the FP8 peak:
/// spec latency BUG-7. SOURCE spec latency 4.
inline double compute_peak_tflops(const model::Architecture& architecture, const model::Gpu& gpu) {
  return architecture.weight_bytes() == 1.0 && gpu.tflops_fp8 > 0 ? gpu.tflops_fp8
                                                                  : gpu.tflops_peak;
}

}  // namespace blis::latency
