#include "model/kv_capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/number_text.h"
#include "model/wrapping.h"

namespace blis::model {
namespace {

constexpr double kGib = 1073741824.0;
constexpr double kDenseActivationsGib = 5.5;  // once per replica, whatever the token budget and TP
constexpr double kMoeActivationsGib = 8.0;
constexpr double kNonTorchOneGpuGib = 0.15;
constexpr double kNonTorchPerGpuGib = 0.6;

template <typename Value>
[[noreturn]] void refuse(std::string_view what, std::string_view rule, Value value) {
  throw ConfigError(fmt::format("KV capacity: {} must be {}, got {}", what, rule, value));
}

bool is_positive_finite(double value) { return std::isfinite(value) && value > 0; }

void require_at_least_one(std::string_view what, std::int64_t value) {
  if (value < 1) refuse(what, ">= 1", value);
}

/// q: the explicit head dimension, else the implied one.
std::int64_t head_dim(const Architecture& architecture) {
  return architecture.head_dim > 0 ? architecture.head_dim
                                   : architecture.hidden_dim / architecture.num_heads;
}

void check_inputs(const Architecture& architecture, const KvCapacityInputs& inputs) {
  const double utilization = inputs.memory_utilization_ratio;
  if (!std::isfinite(utilization) || utilization <= 0 || utilization > 1) {
    refuse("GPU memory utilization", "in (0, 1]", utilization);
  }
  if (inputs.adapter_reserved_bytes < 0) {
    refuse("LoRA adapter reservation", ">= 0 bytes", inputs.adapter_reserved_bytes);
  }
  require_at_least_one("block size", inputs.block_size_tokens);
  require_at_least_one("data parallel degree", inputs.data_parallel);
  require_at_least_one("intermediate_dim (intermediate_size)", architecture.intermediate_dim);
  require_at_least_one("vocab_size", architecture.vocab_size);
  if (!is_positive_finite(inputs.memory_gib)) {
    refuse("GPU memory (MemoryGiB)", "positive and finite", inputs.memory_gib);
  }
  const double weight_precision = architecture.quantized_weight_bytes;
  if (weight_precision != 0 && !is_positive_finite(weight_precision)) {
    refuse("WeightBytesPerParam", "positive and finite", weight_precision);
  }
  // What these names have in common is a gated FFN of three matrices; an absent name is taken for
  // one of them.
  constexpr std::array<std::string_view, 5> kGatedActivations = {"silu", "swiglu", "geglu", "situ",
                                                                 ""};
  if (std::ranges::find(kGatedActivations, architecture.hidden_act) == kGatedActivations.end()) {
    refuse("activation (hidden_act)", "one of silu, swiglu, geglu, situ",
           fmt::format("\"{}\"; set --total-kv-blocks instead", architecture.hidden_act));
  }
}

/// The memory budget of one replica, over all its GPUs. [GiB]
struct Budget {
  double available = 0;
  double weights = 0;
  double activations = 0;
  double non_torch = 0;
  double adapters = 0;
  double overhead() const { return weights + activations + non_torch + adapters; }
};

[[noreturn]] void refuse_overfull(const Budget& budget, const KvCapacityInputs& inputs) {
  const double usable_gib =
      inputs.memory_gib * inputs.memory_utilization_ratio - kNonTorchPerGpuGib;
  if (usable_gib <= 0) {
    throw ConfigError(
        fmt::format("KV capacity: insufficient per-GPU memory: {:.2f} GiB at utilization {} leave "
                    "nothing beside "
                    "{:.2f} GiB of non-torch memory",
                    inputs.memory_gib, inputs.memory_utilization_ratio, kNonTorchPerGpuGib));
  }
  const double gpus =
      std::ceil((budget.weights + budget.activations + budget.adapters) / usable_gib);
  throw ConfigError(
      fmt::format("KV capacity: memory needed before any KV block ({:.2f} GiB = {:.2f} weights + "
                  "{:.2f} activations + "
                  "{:.2f} non-torch + {:.2f} lora-adapter-reservation) exceeds what {} GPU(s) "
                  "offer ({:.2f} GiB). "
                  "Minimum GPUs required per instance: {:.0f}",
                  budget.overhead(), budget.weights, budget.activations, budget.non_torch,
                  budget.adapters, inputs.tensor_parallel, budget.available, gpus));
}

}  // namespace

double kv_bytes_per_token(const Architecture& architecture, std::int64_t tensor_parallel) {
  require_at_least_one("TP (tensor parallel degree)", tensor_parallel);
  require_at_least_one("num_layers (num_hidden_layers)", architecture.num_layers);
  require_at_least_one("num_attention_heads", architecture.num_heads);
  require_at_least_one("hidden_dim (hidden_size)", architecture.hidden_dim);
  if (!is_positive_finite(architecture.activation_bytes)) {
    refuse("precision (bytes per element of torch_dtype)", "positive and finite",
           architecture.activation_bytes);
  }
  double layers = static_cast<double>(architecture.num_layers);
  if (architecture.is_hybrid()) {
    const auto context = static_cast<double>(architecture.hybrid_context_tokens);
    layers = layers * architecture.attention.average_context(context) / context;
  }
  const double element_bytes = architecture.kv_element_bytes > 0 ? architecture.kv_element_bytes
                                                                 : architecture.activation_bytes;
  double bytes = 0;
  if (architecture.kv_lora_rank > 0) {
    const std::int64_t latent =
        (Wrapping(architecture.kv_lora_rank) + architecture.qk_rope_head_dim).value();
    bytes = layers * static_cast<double>(latent) * element_bytes;
  } else {
    if (architecture.head_dim == 0 && architecture.hidden_dim % architecture.num_heads != 0) {
      refuse("hidden_dim",
             fmt::format("divisible by num_attention_heads ({})", architecture.num_heads),
             architecture.hidden_dim);
    }
    if (architecture.num_kv_heads < 0) refuse("num_kv_heads", ">= 0", architecture.num_kv_heads);
    const std::int64_t kv_heads = architecture.kv_heads();
    if (kv_heads >= tensor_parallel && kv_heads % tensor_parallel != 0) {
      refuse("num_kv_heads", fmt::format("divisible by TP ({})", tensor_parallel), kv_heads);
    }
    bytes = layers * 2 * static_cast<double>(head_dim(architecture)) *
            static_cast<double>(kv_heads) * element_bytes;
    bytes = bytes / static_cast<double>(tensor_parallel);
  }
  if (!(bytes > 0)) refuse("KV bytes per token", "> 0", bytes);
  return bytes;
}

std::int64_t parameter_count(const Architecture& architecture) {
  const Wrapping d = architecture.hidden_dim;
  const Wrapping layers = architecture.num_layers;
  const Wrapping ffn = architecture.intermediate_dim;
  const Wrapping kv_dim = Wrapping(architecture.kv_heads()) * head_dim(architecture);

  const Wrapping embeddings = Wrapping(architecture.vocab_size) * d;
  const Wrapping lm_head = architecture.tied_embeddings ? Wrapping(0) : embeddings;
  const Wrapping attention = d * (d + Wrapping(2) * kv_dim) + d * d;
  const Wrapping norms = Wrapping(2) * d;

  Wrapping mlp = layers * Wrapping(3) * d * ffn;
  if (architecture.is_moe()) {
    const Wrapping experts = architecture.num_experts;
    const Wrapping expert_ffn =
        architecture.expert_ffn_dim > 0 ? Wrapping(architecture.expert_ffn_dim) : ffn;
    const Wrapping dense_ffn =
        architecture.dense_ffn_dim > 0 ? Wrapping(architecture.dense_ffn_dim) : ffn;
    const Wrapping shared_ffn = std::max<std::int64_t>(architecture.capacity_shared_ffn_dim, 0);
    const Wrapping router = experts * d;
    const Wrapping moe_layer =
        Wrapping(3) * d * expert_ffn * experts + Wrapping(3) * d * shared_ffn + router;
    const std::int64_t most = std::max<std::int64_t>(architecture.num_layers, 0);
    const Wrapping dense_layers =
        std::clamp<std::int64_t>(architecture.first_dense_layers, 0, most);
    mlp = dense_layers * Wrapping(3) * d * dense_ffn + (layers - dense_layers) * moe_layer;
  }
  return (embeddings + layers * (attention + norms) + mlp + lm_head + d).value();
}

std::int64_t weight_bytes(const Architecture& architecture) {
  return truncate_to_int64(static_cast<double>(parameter_count(architecture)) *
                           architecture.weight_bytes());
}

void check_expert_count_is_known(const Architecture& architecture) {
  if (architecture.is_moe()) return;
  const char* key = nullptr;
  if (architecture.experts_per_token > 0) key = "num_experts_per_tok";
  if (architecture.shared_expert_count > 0) key = "n_shared_experts";
  if (key == nullptr) return;
  throw ConfigError(
      fmt::format("KV capacity: config.json has {} but no total number of experts, so the weights "
                  "cannot be sized; "
                  "set --total-kv-blocks",
                  key));
}

std::int64_t kv_block_count(const Architecture& architecture, const KvCapacityInputs& inputs) {
  check_inputs(architecture, inputs);
  const double token_bytes = kv_bytes_per_token(architecture, inputs.tensor_parallel);
  const std::int64_t block_bytes =
      truncate_to_int64(token_bytes * static_cast<double>(inputs.block_size_tokens));
  if (block_bytes <= 0) refuse("bytes of a KV block", "> 0", block_bytes);

  const auto gpus = static_cast<double>(inputs.tensor_parallel);
  const Budget budget = {
      .available = inputs.memory_gib * inputs.memory_utilization_ratio * gpus,
      .weights = static_cast<double>(weight_bytes(architecture)) / kGib,
      .activations = architecture.is_moe() ? kMoeActivationsGib : kDenseActivationsGib,
      .non_torch = inputs.tensor_parallel == 1 ? kNonTorchOneGpuGib : kNonTorchPerGpuGib * gpus,
      .adapters = static_cast<double>(inputs.adapter_reserved_bytes) / kGib,
  };
  if (budget.overhead() >= budget.available) refuse_overfull(budget, inputs);

  const std::int64_t kv_bytes = truncate_to_int64((budget.available - budget.overhead()) * kGib);
  const std::int64_t blocks = kv_bytes / block_bytes;
  if (blocks <= 0) {
    throw ConfigError(
        fmt::format("KV capacity: {} bytes are left for KV but one block takes {}: 0 blocks",
                    kv_bytes, block_bytes));
  }
  // Each data-parallel rank of an MoE model is an engine of its own with the full budget.
  if (!architecture.is_moe()) return blocks;
  return (Wrapping(blocks) * inputs.data_parallel).value();
}

}  // namespace blis::model
