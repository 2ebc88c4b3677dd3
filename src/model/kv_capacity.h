// How many KV blocks fit into the GPUs' memory beside the weights.
//
// Start-up work: every function is a formula over plain numbers; nothing here is called during a
// run.
#pragma once

#include <cstdint>

#include "model/architecture.h"

namespace blis::model {

/// KV bytes that one token takes on one GPU. [bytes]
///
///   L * 2 * q * K * b_a / TP         q = head_dim if given, else d / H
///   L * (r + rope) * b_a             multi-head latent attention: one latent, held by every GPU
///
/// b_a is the KV element's size where that is given (Architecture::kv_element_bytes). With
/// hybrid_context_tokens c, L is L * average_context(c) / c.
/// Not an integer in general; callers truncate after multiplying by the block size.
/// THROWS ConfigError naming the quantity that is out of range or not divisible.
/// NOT MODELLED  replication of KV heads when there are fewer than GPUs: their share keeps
/// shrinking. SOURCE spec latency 5.1.
double kv_bytes_per_token(const Architecture& architecture, std::int64_t tensor_parallel);

/// Parameters of the whole model: embeddings, attention, gated three-matrix FFNs, routers, norms,
/// LM head.
///
/// All layers of an MoE model count as MoE but the `first_k_dense_replace` leading ones;
/// `interleave_moe_layer_step` is not considered (spec latency BUG-4). REQUIRES num_heads >= 1.
/// SOURCE spec latency 5.3.
std::int64_t parameter_count(const Architecture& architecture);
/// Bytes of all weights at the model's weight precision.
std::int64_t weight_bytes(const Architecture& architecture);

/// THROWS ConfigError if the file has per-token or shared experts but no total, so that the model
/// cannot be sized. SOURCE spec latency 5.4.
void check_expert_count_is_known(const Architecture& architecture);

struct KvCapacityInputs {
  double memory_gib = 0;  ///< of one GPU
  std::int64_t tensor_parallel = 1;
  std::int64_t data_parallel = 1;
  std::int64_t block_size_tokens = 16;
  double memory_utilization_ratio = 0.9;  ///< share of the memory that the engine may take, (0, 1]
  std::int64_t adapter_reserved_bytes = 0;  ///< set aside for LoRA adapters, per data-parallel rank
};

/// KV blocks of one instance.
///
///   available = memory * utilization * TP [GiB] overhead  = weights + 5.5 (MoE: 8.0) + (TP = 1:
///   0.15, else 0.6 TP) + adapters                     [GiB] blocks    = (available - overhead) /
///   bytes of one block on one GPU, times DP for MoE models
///
/// The memory of all GPUs is divided by the block bytes of one, so with TP > 1 the count is TP
/// times what fits: spec latency BUG-1, reproduced. The constants are the reference's; we know of
/// no derivation. THROWS ConfigError; if the weights do not fit it ends with the minimum number of
/// GPUs. SOURCE spec latency 5.2.
std::int64_t kv_block_count(const Architecture& architecture, const KvCapacityInputs& inputs);

}  // namespace blis::model
