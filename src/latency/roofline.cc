// roofline: a step takes as long as the slower of its arithmetic and its memory traffic.
//
//   C   = sum over prefills of FLOPs / TP / (peak * mfu_prefill) + sum over decodes of FLOPs / TP /
//   (peak * mfu_decode) Y   = sum over requests of (bytes without weights) / TP W   = weight bytes
//   of a step with all these tokens / TP step = max(C, (W + Y) / bandwidth) [s]
//
// Every term rounds on its own and terms are added in batch order, prefills first, so the model
// needs each request's context.
//
// SOURCE       spec latency 6; Williams, Waterman, Patterson: "Roofline", CACM 52(4), 2009.
// NOT MODELLED communication of any parallelism, data parallelism, launch and scheduling overheads,
// see also roofline_cost.h.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "latency/compute_peak.h"
#include "latency/construction_checks.h"
#include "latency/latency_model.h"
#include "latency/roofline_cost.h"

namespace blis::latency {
namespace {

class Roofline final : public LatencyModel {
 public:
  Roofline(const LatencyConfig& config, const model::Architecture& architecture,
           const model::Gpu& gpu)
      : cost_(architecture, config.expert_zipf_exponent),
        alpha0_us_(config.alpha[0]),
        alpha1_us_per_token_(config.alpha[1]),
        alpha2_us_(config.alpha[2]),
        tensor_parallel_(static_cast<double>(config.tensor_parallel)) {
    const double peak_flops_per_s = compute_peak_tflops(architecture, gpu) * 1e12;
    prefill_flops_per_s_ = peak_flops_per_s * gpu.mfu_prefill;
    decode_flops_per_s_ = peak_flops_per_s * gpu.mfu_decode;
    bandwidth_bytes_per_s_ = gpu.bandwidth_tb_per_s * 1e12;
  }

  bool needs_decode_contexts() const override { return true; }

  Micros step_time(const StepBatch& batch) const override {
    if (batch.prefills.empty() && batch.decode_contexts.empty()) return Micros(1);
    double compute_s = 0;
    double request_bytes = 0;
    for (const PrefillChunk& chunk : batch.prefills) {
      compute_s += cost_.flops(chunk.progress_tokens, chunk.new_tokens).total() / tensor_parallel_ /
                   prefill_flops_per_s_;
      request_bytes +=
          bytes_without_weights(chunk.progress_tokens, chunk.new_tokens) / tensor_parallel_;
    }
    for (std::size_t i = 0; i < batch.decode_contexts.size(); ++i) {
      const std::int64_t context = batch.decode_contexts[i];
      const std::int64_t new_tokens = batch.decode_tokens(i);
      compute_s +=
          cost_.flops(context, new_tokens).total() / tensor_parallel_ / decode_flops_per_s_;
      request_bytes += bytes_without_weights(context, new_tokens) / tensor_parallel_;
    }
    const std::int64_t tokens = batch.prefill_tokens + batch.extra_decode_tokens +
                                static_cast<std::int64_t>(batch.decode_contexts.size());
    const double weight_bytes = cost_.weight_bytes(tokens) / tensor_parallel_;
    const double memory_s = (weight_bytes + request_bytes) / bandwidth_bytes_per_s_;
    return std::max(Micros(1), Micros::truncate(std::max(compute_s, memory_s) * 1e6));
  }

  Micros queueing_time(std::int64_t prompt_tokens) const override {
    double delay_us = 0;
    delay_us += alpha0_us_;
    delay_us += alpha1_us_per_token_ * static_cast<double>(prompt_tokens);
    return Micros::truncate(delay_us);
  }
  Micros output_token_processing_time() const override { return Micros::truncate(alpha2_us_); }
  Micros post_decode_overhead() const override { return Micros(0); }

 private:
  /// `total - weights`, not the sum of the other three: for MoE models the weights are fractional
  /// and the difference keeps rounding that the results contain (spec latency 6.4).
  double bytes_without_weights(std::int64_t past_tokens, std::int64_t new_tokens) const {
    const RooflineBytes bytes = cost_.bytes(past_tokens, new_tokens);
    return bytes.total - bytes.weights;
  }

  RooflineCost cost_;
  double alpha0_us_;
  double alpha1_us_per_token_;
  double alpha2_us_;
  double tensor_parallel_;
  double prefill_flops_per_s_ = 0;
  double decode_flops_per_s_ = 0;
  double bandwidth_bytes_per_s_ = 0;
};

/// Gathers complaints in the order of spec latency 6.1, to be reported together.
class Complaints {
 public:
  void require(bool ok, std::string_view what, std::string_view rule, auto value) {
    if (!ok) messages_.push_back(fmt::format("{} must be {}, got {}", what, rule, value));
  }
  void require_at_least(std::string_view what, std::int64_t minimum, std::int64_t value) {
    require(value >= minimum, what, fmt::format(">= {}", minimum), value);
  }
  void require_positive(std::string_view what, double value) {
    require(is_positive_finite(value), what, "positive and finite", value);
  }
  void require_positive_if_given(std::string_view what, double value) {
    require(value == 0 || is_positive_finite(value), what, "positive and finite if given", value);
  }
  void throw_if_any() const {
    if (!messages_.empty()) {
      throw ConfigError(fmt::format("roofline: {}", fmt::join(messages_, "; ")));
    }
  }

 private:
  std::vector<std::string> messages_;
};

void check(const LatencyConfig& config, const model::Architecture& architecture,
           const model::Gpu& gpu) {
  if (config.tensor_parallel < 1) {
    throw ConfigError(fmt::format("roofline: tensor parallel degree must be >= 1, got {}",
                                  config.tensor_parallel));
  }
  Complaints complaints;
  complaints.require_at_least("num_attention_heads", 1, architecture.num_heads);
  complaints.require_at_least("num_hidden_layers", 1, architecture.num_layers);
  complaints.require_at_least("hidden_size", 1, architecture.hidden_dim);
  complaints.require_positive("bytes per activation element (torch_dtype)",
                              architecture.activation_bytes);
  complaints.require_positive("TFlopsPeak", gpu.tflops_peak);
  complaints.require_positive("BwPeakTBs", gpu.bandwidth_tb_per_s);
  complaints.require_positive("mfuPrefill", gpu.mfu_prefill);
  complaints.require_positive("mfuDecode", gpu.mfu_decode);
  const std::int64_t experts = architecture.num_experts;
  const std::int64_t active = architecture.experts_per_token;
  complaints.require_at_least("number of experts", 0, experts);
  if (experts > 1) {
    complaints.require(active > 0, "active experts per token (num_experts_per_tok)",
                       "> 0 for a mixture-of-experts model", active);
    complaints.require(active <= experts, "active experts per token (num_experts_per_tok)",
                       fmt::format("at most the number of experts ({})", experts), active);
  }
  if (experts == 0) {
    complaints.require(active <= 0, "active experts per token (num_experts_per_tok)",
                       "absent for a model without experts", active);
  }
  complaints.require_at_least("moe_intermediate_size", 0, architecture.expert_ffn_dim);
  complaints.require_at_least("shared expert FFN size", 0, architecture.shared_ffn_dim);
  complaints.require_positive_if_given("MemoryGiB", gpu.memory_gib);
  complaints.require_positive_if_given("TFlopsFP8", gpu.tflops_fp8);
  complaints.require_positive_if_given("bytes per weight", architecture.quantized_weight_bytes);
  complaints.throw_if_any();
}

}  // namespace

std::unique_ptr<LatencyModel> make_roofline(const LatencyConfig& config,
                                            const model::Architecture& architecture,
                                            const model::Gpu& gpu) {
  check(config, architecture, gpu);
  return std::make_unique<Roofline>(config, architecture, gpu);
}

}  // namespace blis::latency
