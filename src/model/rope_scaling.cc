#include "model/rope_scaling.h"

#include <cmath>

namespace blis::model {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

bool keeps_length(std::string_view type) {
  return type == "su" || type == "longrope" || type == "llama3";
}

}  // namespace

std::int64_t scaled_context_tokens(std::int64_t max_position_embeddings,
                                   std::string_view model_type,
                                   const std::optional<RopeScaling>& scaling) {
  const std::int64_t unchanged = max_position_embeddings;
  if (unchanged <= 0 || !scaling || model_type.find("gemma3") != std::string_view::npos) {
    return unchanged;
  }
  if (keeps_length(scaling->type)) return unchanged;
  const double factor = scaling->factor.value_or(0);
  if (!std::isfinite(factor) || factor <= 1) return unchanged;

  double base = static_cast<double>(unchanged);
  const double original = scaling->original_max_position_embeddings.value_or(0);
  if (scaling->type == "yarn" && original > 0) {
    if (original >= kTwoTo63) return unchanged;
    base = std::trunc(original);
  }
  const double scaled = base * factor;
  if (scaled >= kTwoTo63 || scaled < 0) return unchanged;
  return static_cast<std::int64_t>(scaled);
}

}  // namespace blis::model
