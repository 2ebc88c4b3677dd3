#include "model/precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/number_text.h"

namespace blis::model {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 8> kDtypeBytes = {{
    {"float32", 4},
    {"float16", 2},
    {"bfloat16", 2},
    {"int8", 1},
    {"uint8", 1},
    {"fp8", 1},
    {"int4", 1},
    {"nf4", 1},
}};

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

/// `bits` as a number or as a string of decimal digits; 0 if it is neither.
std::int64_t quantization_bits(const nlohmann::json& config) {
  const auto bits = config.find("bits");
  if (bits == config.end()) return 0;
  if (bits->is_number()) return truncate_to_int64(bits->get<double>());
  if (bits->is_string()) return parse_plain_int(bits->get_ref<const std::string&>()).value_or(0);
  return 0;
}

double compressed_tensors_bytes(const nlohmann::json& config) {
  const auto groups = config.find("config_groups");
  if (groups == config.end() || !groups->is_object()) return 0;
  for (const nlohmann::json& group : *groups) {  // std::map order: ascending bytes
    if (!group.is_object()) continue;
    const auto weights = group.find("weights");
    if (weights == group.end() || !weights->is_object()) continue;
    const auto num_bits = weights->find("num_bits");
    if (num_bits == weights->end() || !num_bits->is_number()) continue;
    if (const double bits = num_bits->get<double>(); bits > 0) return bits / 8;
  }
  return 0;
}

bool opens_token(std::string_view name, std::size_t at) {
  return at == 0 || std::string_view(".-_/").find(name[at - 1]) != std::string_view::npos;
}
bool closes_token(std::string_view name, std::size_t at) {
  return at == name.size() || std::string_view(".-_").find(name[at]) != std::string_view::npos;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// The digits X of a token `wXaY` that begins at `start`; nullopt if there is none.
std::optional<std::string_view> weight_digits_at(std::string_view name, std::size_t start) {
  if (!opens_token(name, start) || to_lower(name[start]) != 'w') return std::nullopt;
  const std::size_t weights_end = skip_digits(name, start + 1);
  if (weights_end == start + 1) return std::nullopt;
  if (weights_end == name.size() || to_lower(name[weights_end]) != 'a') return std::nullopt;
  const std::size_t activations_end = skip_digits(name, weights_end + 1);
  if (activations_end == weights_end + 1 || !closes_token(name, activations_end))
    return std::nullopt;
  return name.substr(start + 1, weights_end - start - 1);
}

bool has_fp8_token(std::string_view name) {
  for (std::size_t start = 0; start + 3 <= name.size(); ++start) {
    if (opens_token(name, start) && equals_ignoring_case(name.substr(start, 3), "fp8") &&
        closes_token(name, start + 3)) {
      return true;
    }
  }
  return false;
}

}  // namespace

double dtype_bytes(std::string_view dtype) {
  const auto* found =
      std::ranges::find(kDtypeBytes, dtype, &std::pair<std::string_view, double>::first);
  return found == kDtypeBytes.end() ? 0 : found->second;
}

double quantized_weight_bytes(const nlohmann::json& quantization_config) {
  if (const std::int64_t bits = quantization_bits(quantization_config); bits > 0) {
    return static_cast<double>(bits) / 8;
  }
  const auto method = quantization_config.find("quant_method");
  if (method == quantization_config.end() || !method->is_string()) return 0;
  const auto& name = method->get_ref<const std::string&>();
  if (equals_ignoring_case(name, "fp8")) return 1;
  if (equals_ignoring_case(name, "compressed-tensors")) {
    return compressed_tensors_bytes(quantization_config);
  }
  return 0;
}

double weight_bytes_from_name(std::string_view model_name) {
  for (std::size_t start = 0; start < model_name.size(); ++start) {
    const std::optional<std::string_view> digits = weight_digits_at(model_name, start);
    if (!digits) continue;
    const std::int64_t bits = parse_plain_int(*digits).value_or(0);
    if (bits > 0) return static_cast<double>(bits) / 8;
    break;  // only the first such token counts
  }
  return has_fp8_token(model_name) ? 1 : 0;
}

void apply_name_precision(Architecture& architecture, Diagnostics& diagnostics) {
  double& bytes = architecture.quantized_weight_bytes;
  if (bytes == 0) bytes = weight_bytes_from_name(architecture.name);
  const double activation_bytes = architecture.activation_bytes;
  if (bytes > 0 && bytes != activation_bytes) {
    diagnostics.info("quantized model: weights are narrower than activations",
                     fmt::format("{}: {} bytes per weight, {} per activation", architecture.name,
                                 bytes, activation_bytes));
  } else if (bytes == 0 && architecture.has_quantization_config) {
    diagnostics.warn(
        "quantization_config states no weight precision; weights are sized as activations",
        fmt::format("{}: {} bytes", architecture.name, activation_bytes));
  } else if (bytes == 0 && activation_bytes > 0 && activation_bytes <= 1) {
    diagnostics.warn(
        "one-byte dtype without quantization_config; activations and KV are sized as one byte",
        architecture.name);
  }
}

}  // namespace blis::model
