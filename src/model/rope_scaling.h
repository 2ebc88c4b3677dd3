// How far rotary-embedding scaling stretches a model's context.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blis::model {

/// The `rope_scaling` object of a config.json. Members of another type than expected are absent.
struct RopeScaling {
  std::string type;  ///< `type` if it is a non-empty string, else `rope_type`
  std::optional<double> factor;
  std::optional<double> original_max_position_embeddings;
};

/// Context length after scaling: trunc(base * factor), where base is
/// `original_max_position_embeddings` for yarn, if given.
///
/// Unchanged for gemma3 models, for the types su, longrope and llama3 (their
/// max_position_embeddings is scaled already), without a finite factor above 1, and where the
/// product leaves 64 bits. Any other type, also a missing one, is scaled. SOURCE spec latency 10.
std::int64_t scaled_context_tokens(std::int64_t max_position_embeddings,
                                   std::string_view model_type,
                                   const std::optional<RopeScaling>& scaling);

}  // namespace blis::model
