// FLOPs and bytes of one request in one step, as the roofline model counts them.
//
// Symbols: d hidden size, H heads, K KV heads, q = d/H, g = K*q, L layers, F FFN size, E experts, k
// experts per token, b_a bytes per activation and KV element, b_w bytes per weight.
//
// NOT MODELLED  the third matrix of a gated MLP, shared experts, router, embeddings, LM head,
// norms, sampling; explicit head dimensions, MLA, sliding windows; KV head replication.  SOURCE
// spec latency 6.2, 6.3.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "latency/layer_split.h"
#include "model/architecture.h"

namespace blis::latency {

/// Expected number of distinct experts that one MoE layer touches in a step.
///
///   experts * (1 - ((experts - top_k) / experts) ^ tokens)              [experts]
///
/// Assumes independent, uniform routing; skewed gates touch fewer, so weight traffic is
/// overestimated. REQUIRES  experts >= top_k >= 1; tokens >= 0 (summed over the batch). ENSURES   0
/// at 0 tokens, top_k at 1 up to rounding, towards `experts` after that; the bits of spec
/// latency 6.3, whose
///           power function is not libm's.
double expected_experts(std::int64_t experts, std::int64_t top_k, std::int64_t tokens);

struct RooflineFlops {
  double gemm = 0;  ///< matrix products, attention included
  double sram = 0;  ///< vector work of attention and norms
  double total() const { return gemm + sram; }
};

struct RooflineBytes {
  double weights = 0;  ///< read once per step whatever the batch
  double kv_written = 0;
  double kv_read = 0;
  double activations = 0;
  double total = 0;  ///< weights + kv_written + kv_read + activations, added in this order
};

/// A model's constants in the form that the two formulas need. Built once per latency model.
class RooflineCost {
 public:
  explicit RooflineCost(const model::Architecture& architecture, double expert_zipf_exponent = 0);

  /// Work of `new_tokens` tokens after `past_tokens` tokens of context. [FLOP]
  RooflineFlops flops(std::int64_t past_tokens, std::int64_t new_tokens) const;
  /// Memory traffic of the same. [bytes]
  RooflineBytes bytes(std::int64_t past_tokens, std::int64_t new_tokens) const;
  /// Weight bytes that a step with `tokens` tokens in all its requests reads.
  double weight_bytes(std::int64_t tokens) const;

 private:
  /// Tokens of a context that an average layer attends to.
  double seen(double context_tokens) const;

  double touched_experts(std::int64_t tokens) const;

  std::vector<double>
      expert_shares_;  ///< probability that a token uses each expert; empty: all alike
  std::optional<model::AttentionLayout> hybrid_;
  double layers_;            // L
  double moe_layers_;        // L_M
  double dense_layers_;      // L_D
  double hidden_;            // d
  double heads_;             // H
  double kv_dim_;            // g
  double head_dim_;          // q, not truncated
  double top_k_;             // k
  double expert_ffn_;        // F_e or F'
  double dense_ffn_;         // F_d or F'
  double kv_token_bytes_;    // 2 L K q b_a
  double layer_act_bytes_;   // L d b_a
  double weight_precision_;  // b_w
  std::int64_t experts_;
  std::int64_t experts_per_token_;
  double one_token_weight_bytes_;  // what every decode needs, so that it costs no power function
};

}  // namespace blis::latency
