// How many bytes an activation and a weight take, from a model's config.json and, failing that,
// from its name.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/diagnostics.h"
#include "model/architecture.h"

namespace blis::model {

/// Bytes per element of a `torch_dtype`: float32 4, float16 and bfloat16 2, int8, uint8, fp8, int4
/// and nf4 1; 0 for any other, the float8_* types included (spec latency 2.5, 20).
double dtype_bytes(std::string_view dtype);

/// Bytes per weight of a `quantization_config`: `bits`, else 1 for `quant_method` fp8, else the
/// first group with a positive `num_bits` of compressed-tensors, groups in byte order of their
/// names; 0 if none says. SOURCE spec latency 2.6.
double quantized_weight_bytes(const nlohmann::json& quantization_config);

/// Bytes per weight that a model name such as `…-quantized.w4a16` or `…-fp8-dynamic` states; 0 if
/// it states none. SOURCE spec latency 2.6.
double weight_bytes_from_name(std::string_view model_name);

/// Takes the weight precision from `architecture.name` where the file states none, and reports what
/// looks odd.
void apply_name_precision(Architecture& architecture, Diagnostics& diagnostics);

}  // namespace blis::model
