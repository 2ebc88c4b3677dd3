// The fitted coefficients of trained-physics, as the model uses them.
#pragma once

#include <span>

namespace blis::latency {

/// One coefficient per physical term. SOURCE spec latency 8.1; the shipped values come from 15 H100
/// runs.
struct TrainedPhysicsCoefficients {
  double prefill_compute =
      0;  ///< beta 1 (1a), of compute time; below 1 although physics says above: spec latency BUG-2
  double decode_compute = 0;  ///< beta 2 (2a), of compute time
  double weights = 0;         ///< beta 3, of weight-load time
  double all_reduce = 0;      ///< beta 4, of all-reduce time
  double layer_us = 0;        ///< beta 5, µs per layer
  double request_us = 0;      ///< beta 6, µs per request in the step
  double step_us = 0;         ///< beta 7, µs per step
  double moe_layer_us =
      0;  ///< beta 8, µs per MoE layer of a model that interleaves them with dense ones
  double prefill_kv = 0;       ///< beta 1b, of KV write time
  double decode_kv = 0;        ///< beta 2b, of KV read and write time
  double expert_dispatch = 0;  ///< beta EP, of dispatch and combine time
  bool split_prefill =
      false;  ///< compute and KV of prefills priced apart, not as the larger of the two
  bool split_decode = false;  ///< the same for decodes
};

/// Reads the list in its published order: 1, 2, 3, 4, 5, 6, 7, 8, 1b, 2b, EP. What is missing at
/// the end is 0, except that EP becomes beta 4. From 9 values on prefills are split, from 10 on
/// decodes. Values past the 11th are ignored. REQUIRES  at least 7 values.
TrainedPhysicsCoefficients trained_physics_coefficients(std::span<const double> beta);

}  // namespace blis::latency
