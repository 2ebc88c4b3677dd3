// trained-physics: physical terms of a step, each with a coefficient fitted to measured runs.
//
//   step = prefill + decode
//        + b3 * X_weights + b4 * (X_attention_reduce + X_dense_reduce + X_moe_reduce) + bEP *
//        X_dispatch
//        + b5 * layers + b6 * requests + b7 + b8 * moe_layers (interleaved models) [µs]
//
//   prefill = b1 * X_compute + b1b * X_kv     or b1 * max(X_compute, X_kv) with fewer than 9
//   coefficients decode  = b2 * X_compute + b2b * X_kv     or b2 * max(X_compute, X_kv) with fewer
//   than 10
//
// Every X is a time at the hardware's peak. They depend on the batch only through the sums of
// StepBatch, so a step costs O(1). All-reduce and dispatch are charged at HBM bandwidth; their
// coefficients absorb the ratio to the interconnect's. MoE FFN traffic is charged once: all-reduce
// without data parallelism, dispatch and combine with it.
//
// SOURCE       spec latency 8.
// NOT MODELLED explicit head dimensions and MLA (KV and attention are sized by d/H and K), KV
// elements of other than 2 bytes,
//              fewer experts than all being read by a small batch, expert parallelism as such
//              (--enable-expert-parallel changes nothing), imbalance between data-parallel ranks,
//              context read by the later chunks of a prompt (every chunk is charged the full prompt
//              instead: spec latency BUG-8).

#include "latency/trained_physics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "latency/compute_peak.h"
#include "latency/construction_checks.h"
#include "latency/expert_imbalance.h"
#include "latency/expert_placement.h"
#include "latency/latency_model.h"
#include "latency/layer_split.h"
#include "latency/moe_comm.h"

namespace blis::latency {
namespace {

constexpr std::size_t kMinimumBetas = 7;
constexpr double kKvElementBytes = 2;  // whatever the model's own precision, unless one is given

double as_real(std::int64_t value) { return static_cast<double>(value); }

class TrainedPhysics final : public LatencyModel {
 public:
  TrainedPhysics(const LatencyConfig& config, const model::Architecture& architecture,
                 const model::Gpu& gpu, MoeCommFamily comm_family);

  Micros step_time(const StepBatch& batch) const override;

  bool needs_decode_contexts() const override { return hybrid_.has_value(); }

  Micros queueing_time(std::int64_t /*prompt_tokens*/) const override { return queueing_time_; }
  Micros output_token_processing_time() const override { return output_token_time_; }
  Micros post_decode_overhead() const override { return post_decode_overhead_; }

 private:
  // Formulas below are written as spec latency 8.4 has them; only prefixes that do not depend on
  // the batch are stored.
  double ffn_flops(double tokens) const;
  double prefill_attention(const StepBatch& batch) const;
  double decode_context(const StepBatch& batch) const;
  double decode_attention(const StepBatch& batch) const;
  double prefill_us(const StepBatch& batch) const;
  double decode_us(const StepBatch& batch) const;
  double all_reduce_us(double layer_reductions, double tokens) const;
  double communication_us(double tokens) const;
  double weight_load_us(const model::Architecture& architecture) const;

  TrainedPhysicsCoefficients beta_;
  Micros queueing_time_;
  Micros post_decode_overhead_;
  Micros output_token_time_;

  MoeCommFamily comm_family_;
  MoeCommShape comm_shape_;

  std::optional<model::AttentionLayout> hybrid_;
  double kv_element_bytes_;
  double dispatch_skew_;
  double expert_skew_;       // load of the busiest GPU's experts over the average
  double layers_;            // L
  double moe_layers_;        // L_M
  double dense_layers_;      // L_D
  double hidden_;            // d
  double heads_per_gpu_;     // h
  double head_dim_;          // q, truncated
  double kv_dim_;            // g
  double projection_width_;  // 2 d + 2 g
  double top_k_;             // at least 1
  double expert_ffn_;        // F_M
  double dense_ffn_;         // F_D
  double shared_ffn_;        // F_s
  double tensor_parallel_;   // TP
  double data_parallel_;     // DP
  double gpus_;              // Z = TP * DP
  double expert_group_;      // G
  double reduce_share_;      // (TP - 1) / TP
  double activation_bytes_;  // b_a
  double flops_per_us_;
  double bandwidth_bytes_per_us_;
  double weight_load_us_;
  double layer_overhead_us_;
  double interleaved_overhead_us_;
  bool charges_dispatch_;
  bool charges_moe_reduce_;
};

TrainedPhysics::TrainedPhysics(const LatencyConfig& config, const model::Architecture& architecture,
                               const model::Gpu& gpu, MoeCommFamily comm_family)
    : beta_(trained_physics_coefficients(config.beta)),
      queueing_time_(Micros::truncate(config.alpha[0])),
      post_decode_overhead_(Micros::truncate(config.alpha[1])),
      output_token_time_(Micros::truncate(config.alpha[2])),
      comm_family_(comm_family) {
  const LayerSplit split = split_layers(architecture);
  const bool moe = architecture.is_moe();
  const std::int64_t head_dim = architecture.hidden_dim / architecture.num_heads;
  const std::int64_t ffn = architecture.intermediate_dim;
  const std::int64_t group =
      moe ? config.tensor_parallel * config.data_parallel : config.tensor_parallel;

  if (architecture.is_hybrid()) hybrid_ = architecture.attention;
  kv_element_bytes_ =
      architecture.kv_element_bytes > 0 ? architecture.kv_element_bytes : kKvElementBytes;
  expert_skew_ = busiest_gpu_factor({.experts = architecture.num_experts,
                                     .gpus = group,
                                     .moe_layers = split.moe,
                                     .zipf_exponent = config.expert_zipf_exponent});
  layers_ = as_real(architecture.num_layers);
  moe_layers_ = as_real(split.moe);
  dense_layers_ = as_real(split.dense);
  hidden_ = as_real(architecture.hidden_dim);
  tensor_parallel_ = as_real(config.tensor_parallel);
  data_parallel_ = as_real(config.data_parallel);
  heads_per_gpu_ = as_real(architecture.num_heads) / tensor_parallel_;
  head_dim_ = as_real(head_dim);
  kv_dim_ = as_real(architecture.kv_heads() * head_dim);
  projection_width_ = 2 * hidden_ + 2 * kv_dim_;
  top_k_ = as_real(std::max<std::int64_t>(1, architecture.experts_per_token));
  expert_ffn_ = as_real(architecture.expert_ffn_dim > 0 ? architecture.expert_ffn_dim : ffn);
  dense_ffn_ = as_real(architecture.dense_ffn_dim > 0 ? architecture.dense_ffn_dim : ffn);
  shared_ffn_ = as_real(architecture.shared_ffn_dim);
  gpus_ = tensor_parallel_ * data_parallel_;
  expert_group_ = as_real(group);
  reduce_share_ = (tensor_parallel_ - 1) / tensor_parallel_;
  activation_bytes_ = architecture.activation_bytes;
  flops_per_us_ = compute_peak_tflops(architecture, gpu) * 1e6;
  bandwidth_bytes_per_us_ = gpu.bandwidth_tb_per_s * 1e6;
  comm_shape_ = {.hidden_dim = hidden_,
                 .activation_bytes = activation_bytes_,
                 .top_k = top_k_,
                 .experts = architecture.num_experts,
                 .group = group,
                 .data_parallel = config.data_parallel,
                 .bandwidth_bytes_per_us = bandwidth_bytes_per_us_};
  // An all-gather brings every token everywhere; only an all-to-all has a busiest receiver.
  dispatch_skew_ = comm_family == MoeCommFamily::kAllToAll ? expert_skew_ : 1;
  charges_dispatch_ = moe && config.data_parallel > 1;
  charges_moe_reduce_ =
      moe && split.moe > 0 && config.data_parallel == 1 && config.tensor_parallel > 1;
  weight_load_us_ = beta_.weights * weight_load_us(architecture);
  layer_overhead_us_ = beta_.layer_us * layers_;
  const double interleaved = moe && architecture.interleave_moe_step > 0 ? 1 : 0;
  interleaved_overhead_us_ = beta_.moe_layer_us * interleaved * moe_layers_;
}

double TrainedPhysics::weight_load_us(const model::Architecture& architecture) const {
  const double precision_bytes = architecture.weight_bytes();
  const double attention =
      layers_ * hidden_ * projection_width_ * precision_bytes / tensor_parallel_;
  double ffn = 0;
  if (moe_layers_ > 0) {
    const double resident_experts = as_real(architecture.num_experts) / expert_group_;
    ffn += moe_layers_ * resident_experts * 3 * hidden_ * expert_ffn_ * precision_bytes;
    if (shared_ffn_ > 0) {
      ffn += moe_layers_ * 3 * hidden_ * shared_ffn_ * precision_bytes / tensor_parallel_;
    }
  }
  if (dense_layers_ > 0) {
    ffn += dense_layers_ * 3 * hidden_ * dense_ffn_ * precision_bytes / tensor_parallel_;
  }
  return (attention + ffn) / bandwidth_bytes_per_us_;
}

double TrainedPhysics::ffn_flops(double tokens) const {
  double flops = 0;
  if (moe_layers_ > 0) {
    const double routed =
        moe_layers_ * (tokens * top_k_ / expert_group_) * 6 * hidden_ * expert_ffn_;
    flops += routed * expert_skew_;
    if (shared_ffn_ != 0) flops += moe_layers_ * tokens * 6 * hidden_ * shared_ffn_ / gpus_;
  }
  if (dense_layers_ > 0) flops += dense_layers_ * tokens * 6 * hidden_ * dense_ffn_ / gpus_;
  return flops;
}

/// Sum of n (2 s + n) over prefills; where an average layer sees less than that, of 2 n seen(s +
/// n/2).
double TrainedPhysics::prefill_attention(const StepBatch& batch) const {
  if (!hybrid_) return as_real(batch.prefill_attention);
  double sum = 0;
  for (const PrefillChunk& chunk : batch.prefills) {
    const double n = as_real(chunk.new_tokens);
    sum += 2 * n * hybrid_->average_context(as_real(chunk.prompt_tokens) + n / 2);
  }
  return sum;
}

double TrainedPhysics::decode_context(const StepBatch& batch) const {
  if (!hybrid_) return as_real(batch.decode_context_tokens);
  double sum = 0;
  for (const std::int64_t context : batch.decode_contexts) {
    sum += hybrid_->average_context(as_real(context));
  }
  return sum;
}

/// Sum over decodes of new tokens times what they attend to: the context, for all that a decode
/// verifies.
double TrainedPhysics::decode_attention(const StepBatch& batch) const {
  if (!hybrid_) return as_real(batch.decode_context_tokens + batch.extra_decode_attention);
  double sum = 0;
  for (std::size_t i = 0; i < batch.decode_contexts.size(); ++i) {
    sum += as_real(batch.decode_tokens(i)) *
           hybrid_->average_context(as_real(batch.decode_contexts[i]));
  }
  return sum;
}

double TrainedPhysics::prefill_us(const StepBatch& batch) const {
  if (batch.prefill_tokens == 0) return 0;
  const double tokens = as_real(batch.prefill_tokens);
  // Sum over prefills of 4 h n (s + n/2) q = 2 h q * sum of n (2 s + n). Heads per GPU are whole,
  // so every addend is an even integer and both sides are exact below 2^53 (spec latency 19).
  const double attention_flops = 2 * heads_per_gpu_ * head_dim_ * prefill_attention(batch);
  const double written = hybrid_ ? tokens * hybrid_->kv_layer_ratio() : tokens;
  const double compute_us = ((layers_ * 2 * tokens * hidden_ * projection_width_ / gpus_ +
                              layers_ * attention_flops / data_parallel_) +
                             ffn_flops(tokens)) /
                            flops_per_us_;
  const double kv_us =
      (layers_ * 2 * (kv_dim_ / gpus_) * written * kv_element_bytes_) / bandwidth_bytes_per_us_;
  if (!beta_.split_prefill) return beta_.prefill_compute * std::max(compute_us, kv_us);
  return beta_.prefill_compute * compute_us + beta_.prefill_kv * kv_us;
}

double TrainedPhysics::decode_us(const StepBatch& batch) const {
  if (batch.decode_requests == 0) return 0;
  const double tokens = as_real(batch.decode_requests + batch.extra_decode_tokens);
  const double context = decode_context(batch);
  const double attention = decode_attention(batch);
  const double written = hybrid_ ? tokens * hybrid_->kv_layer_ratio() : tokens;
  const double compute_us =
      ((layers_ * 2 * tokens * hidden_ * projection_width_ / gpus_ +
        layers_ * 4 * heads_per_gpu_ * attention * head_dim_ / data_parallel_) +
       ffn_flops(tokens)) /
      flops_per_us_;
  const double kv_us = (layers_ * 2 * (kv_dim_ / gpus_) * kv_element_bytes_ * (context + written)) /
                       bandwidth_bytes_per_us_;
  if (!beta_.split_decode) return beta_.decode_compute * std::max(compute_us, kv_us);
  return beta_.decode_compute * compute_us + beta_.decode_kv * kv_us;
}

double TrainedPhysics::all_reduce_us(double layer_reductions, double tokens) const {
  if (tensor_parallel_ <= 1) return 0;
  return layer_reductions * tokens * hidden_ * activation_bytes_ * 2 * reduce_share_ /
         bandwidth_bytes_per_us_;
}

/// The b4 term: all-reduces of attention, dense FFN and, without data parallelism, MoE FFN.
double TrainedPhysics::communication_us(double tokens) const {
  const double attention = all_reduce_us(layers_, tokens) / data_parallel_;
  const double dense = all_reduce_us(dense_layers_, tokens) / data_parallel_;
  const double moe = charges_moe_reduce_ ? all_reduce_us(moe_layers_, tokens) : 0;
  return beta_.all_reduce * (attention + dense + moe);
}

Micros TrainedPhysics::step_time(const StepBatch& batch) const {
  if (batch.requests == 0) return Micros(1);
  const double tokens =
      as_real(batch.prefill_tokens + batch.decode_requests + batch.extra_decode_tokens);
  const double dispatch_us =
      charges_dispatch_
          ? moe_dispatch_us(comm_family_, tokens, comm_shape_) * moe_layers_ * dispatch_skew_
          : 0;
  const double step_us = prefill_us(batch) + decode_us(batch) + weight_load_us_ +
                         communication_us(tokens) + beta_.expert_dispatch * dispatch_us +
                         layer_overhead_us_ + beta_.request_us * as_real(batch.requests) +
                         beta_.step_us + interleaved_overhead_us_;
  return std::max(Micros(1), Micros::truncate(step_us));
}

void require_at_least_one(std::string_view what, std::int64_t value) {
  if (value < 1) {
    throw ConfigError(fmt::format("trained-physics: {} must be > 0, got {}", what, value));
  }
}

void require_divisible(std::string_view what, std::int64_t value, std::int64_t divisor) {
  if (value % divisor != 0) {
    throw ConfigError(
        fmt::format("trained-physics: {} ({}) must be divisible by the tensor parallel degree ({})",
                    what, value, divisor));
  }
}

void require_positive(std::string_view what, double value) {
  if (!is_positive_finite(value)) {
    throw ConfigError(
        fmt::format("trained-physics: {} must be positive and finite, got {}", what, value));
  }
}

const MoeCommBackend& checked_comm_backend(const std::string& name) {
  if (const MoeCommBackend* backend = find_moe_comm_backend(name)) return *backend;
  std::vector<std::string_view> names;
  for (const MoeCommBackend& known : moe_comm_backends()) names.push_back(known.name);
  throw ConfigError(unknown_name("MoE communication backend", name, names));
}

/// The checks of spec latency 8.2, in its order, after those that all models share.
MoeCommFamily check(const LatencyConfig& config, const model::Architecture& architecture,
                    const model::Gpu& gpu) {
  if (config.beta.size() < kMinimumBetas) {
    throw ConfigError(
        fmt::format("trained-physics: beta coefficients: at least {} are needed, got {}",
                    kMinimumBetas, config.beta.size()));
  }
  const MoeCommFamily family = checked_comm_backend(config.moe_comm_backend).family;
  require_at_least_one("tensor parallel degree", config.tensor_parallel);
  require_at_least_one("NumLayers (num_hidden_layers)", architecture.num_layers);
  require_at_least_one("NumHeads (num_attention_heads)", architecture.num_heads);
  require_at_least_one("HiddenDim (hidden_size)", architecture.hidden_dim);
  require_at_least_one("IntermediateDim (intermediate_size)", architecture.intermediate_dim);
  require_divisible("attention heads", architecture.num_heads, config.tensor_parallel);
  // Also for fewer KV heads than GPUs, which the capacity formula accepts and vLLM serves by
  // replication.
  require_divisible("KV heads", architecture.kv_heads(), config.tensor_parallel);
  require_positive("TFlopsPeak", gpu.tflops_peak);
  require_positive("BwPeakTBs", gpu.bandwidth_tb_per_s);
  require_positive("bytes per activation element (torch_dtype)", architecture.activation_bytes);
  if (architecture.is_moe() && architecture.experts_per_token <= 0) {
    throw ConfigError(
        fmt::format("trained-physics: {} experts need active experts per token "
                    "(num_experts_per_tok) > 0, got {}",
                    architecture.num_experts, architecture.experts_per_token));
  }
  check_coefficients("beta", config.beta);
  return family;
}

}  // namespace

TrainedPhysicsCoefficients trained_physics_coefficients(std::span<const double> beta) {
  BLIS_CHECK(beta.size() >= kMinimumBetas, "latency 8.1: {} beta coefficients", beta.size());
  const auto at = [beta](std::size_t index, double missing) {
    return index < beta.size() ? beta[index] : missing;
  };
  return {.prefill_compute = beta[0],
          .decode_compute = beta[1],
          .weights = beta[2],
          .all_reduce = beta[3],
          .layer_us = beta[4],
          .request_us = beta[5],
          .step_us = beta[6],
          .moe_layer_us = at(7, 0),
          .prefill_kv = at(8, 0),
          .decode_kv = at(9, 0),
          .expert_dispatch = at(10, beta[3]),
          .split_prefill = beta.size() >= 9,
          .split_decode = beta.size() >= 10};
}

std::unique_ptr<LatencyModel> make_trained_physics(const LatencyConfig& config,
                                                   const model::Architecture& architecture,
                                                   const model::Gpu& gpu) {
  const MoeCommFamily family = check(config, architecture, gpu);
  return std::make_unique<TrainedPhysics>(config, architecture, gpu, family);
}

}  // namespace blis::latency
