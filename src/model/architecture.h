// The facts of a model's config.json that step times and memory depend on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "model/attention_layout.h"

namespace blis::model {

/// Symbols as in spec latency 0.2. A zero means "not given" for every optional field.
struct Architecture {
  std::string name;        ///< lower-cased model name, for messages and the name-based precision
  std::string model_type;  ///< after the text_config pivot
  std::int64_t num_layers = 0;           ///< L
  std::int64_t hidden_dim = 0;           ///< d
  std::int64_t num_heads = 0;            ///< H
  std::int64_t num_kv_heads = 0;         ///< K; 0 is treated as H by every formula
  std::int64_t vocab_size = 0;           ///< V
  std::int64_t intermediate_dim = 0;     ///< F
  std::int64_t num_experts = 0;          ///< E; the model is MoE iff E >= 2
  std::int64_t experts_per_token = 0;    ///< k
  std::int64_t expert_ffn_dim = 0;       ///< F_e, 0 = use F
  std::int64_t shared_ffn_dim = 0;       ///< F_s, 0 = none
  std::int64_t dense_ffn_dim = 0;        ///< F_d, 0 = use F
  std::int64_t interleave_moe_step = 0;  ///< sigma, 0 = none
  std::int64_t first_dense_layers = 0;   ///< D1, capacity only
  std::int64_t head_dim = 0;             ///< explicit head dimension, capacity only
  std::int64_t kv_lora_rank = 0;         ///< > 0 marks the model as MLA, capacity only
  std::int64_t qk_rope_head_dim = 0;     ///< capacity only
  double activation_bytes = 0;           ///< b_a: bytes per activation and KV element
  double quantized_weight_bytes = 0;     ///< b_q: explicit weight bytes per parameter, 0 = unset
  bool has_quantization_config = false;  ///< the key exists, whatever it says
  bool tied_embeddings = false;
  std::string hidden_act;
  std::int64_t shared_expert_count =
      0;  ///< n_shared_experts as it stands in the file, capacity only
  /// F_s as the capacity formula derives it: its fallback per-expert size is `intermediate_size`
  /// alone, where the step-time models also take `ffn_hidden_size` (spec latency 2.4 against 5.4
  /// [QUIRK]).
  std::int64_t capacity_shared_ffn_dim = 0;
  std::int64_t max_position_embeddings = 0;
  std::int64_t context_tokens =
      0;  ///< max_position_embeddings after rope scaling (spec latency 10)

  /// Bytes per KV element, where they are not those of an activation (--kv-cache-dtype); 0 = unset.
  double kv_element_bytes = 0;
  AttentionLayout attention;  ///< what the file says; counts only with `hybrid_context_tokens`
  /// > 0: windows and linear attention shrink step times, and a KV block is as large as its share
  /// of a sequence of so many tokens. 0: every layer attends to everything, as the reference has
  /// it.
  std::int64_t hybrid_context_tokens = 0;

  bool is_hybrid() const { return hybrid_context_tokens > 0 && !attention.is_uniform(); }
  bool is_moe() const { return num_experts >= 2; }
  double weight_bytes() const {
    return quantized_weight_bytes > 0 ? quantized_weight_bytes : activation_bytes;
  }
  std::int64_t kv_heads() const { return num_kv_heads == 0 ? num_heads : num_kv_heads; }
};

/// Reads a config.json. `file` is named in errors. THROWS DataError.
Architecture parse_architecture(const std::string& json_text, const std::string& file,
                                Diagnostics& diagnostics);

}  // namespace blis::model
