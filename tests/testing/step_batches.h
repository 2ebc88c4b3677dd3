// Batches for step-time tests: the owner of what a StepBatch only points to, and the six batches of
// the acceptance vectors.
#pragma once

#include <cstdint>
#include <vector>

#include "latency/latency_model.h"

namespace blis::testing {

/// Requests of one step, in batch order.
struct BatchSpec {
  std::vector<latency::PrefillChunk> prefills;
  std::vector<std::int64_t> decode_contexts;
  std::int64_t idle_requests = 0;  ///< past their prompt, without planned output

  /// The sums over them. The result points into this object.
  latency::StepBatch batch() const {
    latency::StepBatch batch;
    for (const latency::PrefillChunk& chunk : prefills) batch.add_prefill(chunk);
    for (const std::int64_t context : decode_contexts) {
      ++batch.requests;
      ++batch.decode_requests;
      batch.decode_context_tokens += context;
    }
    batch.requests += idle_requests;
    batch.prefills = prefills;
    batch.decode_contexts = decode_contexts;
    return batch;
  }
};

inline BatchSpec decodes(std::size_t count, std::int64_t context_tokens) {
  return {.prefills = {}, .decode_contexts = std::vector<std::int64_t>(count, context_tokens)};
}

inline BatchSpec prefill(std::int64_t tokens) {
  return {.prefills = {{.progress_tokens = 0, .new_tokens = tokens, .prompt_tokens = tokens}},
          .decode_contexts = {}};
}

/// Three prefills of 128 tokens and five decodes.
inline BatchSpec mixed_batch() {
  BatchSpec spec = decodes(5, 266);
  spec.prefills.assign(3, {.progress_tokens = 0, .new_tokens = 128, .prompt_tokens = 128});
  return spec;
}

/// The third chunk of a long prompt beside sixteen decodes.
inline BatchSpec chunk_batch() {
  BatchSpec spec = decodes(16, 2048);
  spec.prefills = {{.progress_tokens = 1024, .new_tokens = 512, .prompt_tokens = 4096}};
  return spec;
}

/// D1, D32, P512, P2048, MX, CH of spec latency 16.
inline std::vector<BatchSpec> conformance_batches() {
  return {decodes(1, 100), decodes(32, 1024), prefill(512),
          prefill(2048),   mixed_batch(),     chunk_batch()};
}

/// The shipped coefficients.
inline latency::LatencyConfig shipped_trained_physics(std::int64_t tensor_parallel,
                                                      std::int64_t data_parallel = 1) {
  return {.backend = "trained-physics",
          .alpha = {15563.199579, 777.3455, 45.907545},
          .beta = {0.152128, 0.0, 1.36252915, 0.752037, 32.09546717, 4.41684444, 126.024825,
                   481.8613888, 0.0, 1.94710771, 0.752037},
          .tensor_parallel = tensor_parallel,
          .data_parallel = data_parallel,
          .moe_comm_backend = ""};
}

inline latency::LatencyConfig plain_roofline(std::int64_t tensor_parallel) {
  return {.backend = "roofline",
          .alpha = {0, 0, 0},
          .beta = {},
          .tensor_parallel = tensor_parallel,
          .data_parallel = 1,
          .moe_comm_backend = ""};
}

}  // namespace blis::testing
