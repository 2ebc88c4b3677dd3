#include "latency/roofline_cost.h"

#include "latency/expert_imbalance.h"
#include "random/elementary.h"

namespace blis::latency {
namespace {

double as_real(std::int64_t value) { return static_cast<double>(value); }

/// `ffn_dim` if given, else the model's FFN size, else the classic 4 d.
double ffn_or_default(std::int64_t ffn_dim, const model::Architecture& architecture) {
  if (ffn_dim > 0) return as_real(ffn_dim);
  if (architecture.intermediate_dim > 0) return as_real(architecture.intermediate_dim);
  return 4 * as_real(architecture.hidden_dim);
}

}  // namespace

double expected_experts(std::int64_t experts, std::int64_t top_k, std::int64_t tokens) {
  const double all = as_real(experts);
  return all * (1 - random::pow((all - as_real(top_k)) / all, as_real(tokens)));
}

RooflineCost::RooflineCost(const model::Architecture& architecture, double expert_zipf_exponent) {
  const LayerSplit split = split_layers(architecture);
  const double kv_heads = as_real(architecture.kv_heads());
  layers_ = as_real(architecture.num_layers);
  moe_layers_ = as_real(split.moe);
  dense_layers_ = as_real(split.dense);
  hidden_ = as_real(architecture.hidden_dim);
  heads_ = as_real(architecture.num_heads);
  head_dim_ = hidden_ / heads_;
  kv_dim_ = kv_heads * head_dim_;
  top_k_ = as_real(architecture.experts_per_token);
  expert_ffn_ = ffn_or_default(architecture.expert_ffn_dim, architecture);
  dense_ffn_ = ffn_or_default(architecture.dense_ffn_dim, architecture);
  const double kv_element_bytes = architecture.kv_element_bytes > 0 ? architecture.kv_element_bytes
                                                                    : architecture.activation_bytes;
  kv_token_bytes_ = 2 * layers_ * kv_heads * head_dim_ * kv_element_bytes;
  if (architecture.is_hybrid()) hybrid_ = architecture.attention;
  layer_act_bytes_ = layers_ * hidden_ * architecture.activation_bytes;
  weight_precision_ = architecture.weight_bytes();
  experts_ = architecture.num_experts;
  experts_per_token_ = architecture.experts_per_token;
  if (experts_ > 1 && expert_zipf_exponent > 0) {
    expert_shares_ = touch_probabilities(experts_, experts_per_token_, expert_zipf_exponent);
  }
  one_token_weight_bytes_ = weight_bytes(1);
}

double RooflineCost::seen(double context_tokens) const {
  return hybrid_ ? hybrid_->average_context(context_tokens) : context_tokens;
}

RooflineFlops RooflineCost::flops(std::int64_t past_tokens, std::int64_t new_tokens) const {
  const double n = as_real(new_tokens);
  const double past = as_real(past_tokens);
  const double d = hidden_;
  // Causal attention: the i-th new token sees i - 1 of the others, (n - 1) / 2 on average.
  const double context = seen(new_tokens <= 1 ? past : past + (n - 1) / 2);

  const double qkv = 2 * n * (d * d + 2 * d * kv_dim_);
  const double projection = 2 * n * d * d;
  double gemm = (qkv + projection) * layers_;
  const double attention = 4 * heads_ * n * context * head_dim_;
  const double vector = (5 * heads_ * n * context) + (2 * n * d);
  gemm = gemm + attention * layers_;
  const double sram = vector * layers_;
  if (moe_layers_ > 0) gemm = gemm + (2 * n * (2 * d * expert_ffn_) * top_k_) * moe_layers_;
  if (dense_layers_ > 0) gemm = gemm + (2 * n * (2 * d * dense_ffn_)) * dense_layers_;
  return {.gemm = gemm, .sram = sram};
}

double RooflineCost::touched_experts(std::int64_t tokens) const {
  if (expert_shares_.empty()) return expected_experts(experts_, experts_per_token_, tokens);
  return skewed_experts(expert_shares_, tokens);
}

double RooflineCost::weight_bytes(std::int64_t tokens) const {
  const double d = hidden_;
  const double attention = d * (d + 2 * kv_dim_) + (d * d);
  const double moe =
      moe_layers_ > 0 ? (2 * d * expert_ffn_) * touched_experts(tokens) * moe_layers_ : 0;
  const double dense = dense_layers_ > 0 ? (2 * d * dense_ffn_) * dense_layers_ : 0;
  return ((attention * layers_) + (moe + dense)) * weight_precision_;
}

RooflineBytes RooflineCost::bytes(std::int64_t past_tokens, std::int64_t new_tokens) const {
  const double n = as_real(new_tokens);
  RooflineBytes bytes;
  bytes.weights = new_tokens == 1 ? one_token_weight_bytes_ : weight_bytes(new_tokens);
  bytes.kv_written = kv_token_bytes_ * n;
  if (hybrid_) bytes.kv_written *= hybrid_->kv_layer_ratio();
  bytes.kv_read = kv_token_bytes_ * seen(as_real(past_tokens));
  bytes.activations = layer_act_bytes_ * n;
  bytes.total = bytes.weights + bytes.kv_written + bytes.kv_read + bytes.activations;
  return bytes;
}

}  // namespace blis::latency
