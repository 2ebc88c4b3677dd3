#include "model/architecture.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "model/config_json.h"
#include "model/precision.h"
#include "model/rope_scaling.h"
#include "model/wrapping.h"

namespace blis::model {
namespace {

/// The first of the many spellings whose value makes the model an MoE; a 1 does not stop the search
/// (spec latency 2.4).
std::int64_t expert_count(const ConfigJson& config) {
  for (const std::string_view key : {"num_experts", "moe_num_experts", "n_routed_experts",
                                     "num_local_experts", "num_routed_experts"}) {
    if (const std::int64_t count = config.integer(key); count >= 2) return count;
  }
  return 0;
}

/// Total width of the shared experts, given directly or as a count of experts of the routed ones'
/// size.
std::int64_t shared_ffn(const ConfigJson& config, std::int64_t expert_ffn,
                        std::int64_t fallback_ffn) {
  if (const std::int64_t direct = config.integer("shared_expert_intermediate_size"); direct > 0) {
    return direct;
  }
  const std::int64_t count = config.integer("n_shared_experts");
  if (count <= 0) return 0;
  return (Wrapping(count) * (expert_ffn != 0 ? expert_ffn : fallback_ffn)).value();
}

std::optional<RopeScaling> rope_scaling(const ConfigJson& config) {
  const nlohmann::json* object = config.object("rope_scaling");
  if (object == nullptr) return std::nullopt;
  const auto text = [object](const char* key) {
    const auto found = object->find(key);
    return found != object->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto number = [object](const char* key) -> std::optional<double> {
    const auto found = object->find(key);
    if (found == object->end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
  };
  const std::string type = text("type");
  return RopeScaling{
      .type = type.empty() ? text("rope_type") : type,
      .factor = number("factor"),
      .original_max_position_embeddings = number("original_max_position_embeddings")};
}

void refuse_negative(const Architecture& architecture, const std::string& file) {
  const std::array<std::pair<const char*, std::int64_t>, 4> checked = {{
      {"head_dim", architecture.head_dim},
      {"kv_lora_rank", architecture.kv_lora_rank},
      {"qk_rope_head_dim", architecture.qk_rope_head_dim},
      {"first_k_dense_replace", architecture.first_dense_layers},
  }};
  for (const auto& [key, value] : checked) {
    if (value < 0) {
      throw DataError({.file = file, .line = 0, .key = key},
                      fmt::format("must not be negative, got {}", value));
    }
  }
}

}  // namespace

Architecture parse_architecture(const std::string& json_text, const std::string& file,
                                Diagnostics& diagnostics) {
  const ConfigJson config(json_text, file);
  Architecture a;
  a.model_type = config.text("model_type").value_or("");
  a.num_layers = config.integer("num_hidden_layers");
  a.hidden_dim = config.integer("hidden_size");
  a.vocab_size = config.integer("vocab_size");
  a.num_heads = config.integer("num_attention_heads");
  a.num_kv_heads =
      config.first_nonzero({"num_key_value_heads", "num_kv_heads", "multi_query_group_num"});
  if (a.num_kv_heads == 0) a.num_kv_heads = a.num_heads;
  a.intermediate_dim = config.first_nonzero({"intermediate_size", "ffn_hidden_size"});

  a.num_experts = expert_count(config);
  a.experts_per_token = config.integer("num_experts_per_tok");
  a.expert_ffn_dim = config.integer("moe_intermediate_size");
  a.shared_expert_count = config.integer("n_shared_experts");
  a.shared_ffn_dim = shared_ffn(config, a.expert_ffn_dim, a.intermediate_dim);
  a.capacity_shared_ffn_dim =
      shared_ffn(config, a.expert_ffn_dim, config.integer("intermediate_size"));
  a.dense_ffn_dim = config.integer("intermediate_size_mlp");
  a.interleave_moe_step = config.integer("interleave_moe_layer_step");
  a.first_dense_layers = config.integer("first_k_dense_replace");

  a.head_dim = config.integer("head_dim");
  a.kv_lora_rank = config.integer("kv_lora_rank");
  a.qk_rope_head_dim = config.integer("qk_rope_head_dim");
  refuse_negative(a, file);

  // A string under torch_dtype settles it, even one that we do not know (spec latency 2.5).
  auto dtype = config.text("torch_dtype");
  if (!dtype) dtype = config.text("dtype");
  a.activation_bytes = dtype ? dtype_bytes(*dtype) : 0;
  if (dtype && a.activation_bytes == 0) {
    diagnostics.warn("unknown dtype in config.json", fmt::format("{}: \"{}\"", file, *dtype));
  }
  a.has_quantization_config = config.has("quantization_config");
  if (const nlohmann::json* quantization = config.object("quantization_config")) {
    a.quantized_weight_bytes = quantized_weight_bytes(*quantization);
  }

  a.attention = read_attention_layout(config);
  a.tied_embeddings = config.flag("tie_word_embeddings");
  a.hidden_act = config.text("hidden_act").value_or("");
  a.max_position_embeddings = config.integer("max_position_embeddings");
  a.context_tokens =
      scaled_context_tokens(a.max_position_embeddings, a.model_type, rope_scaling(config));
  return a;
}

}  // namespace blis::model
