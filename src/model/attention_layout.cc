#include "model/attention_layout.h"

#include <algorithm>
#include <string>
#include <vector>

#include "model/config_json.h"

namespace blis::model {
namespace {

double as_real(std::int64_t value) { return static_cast<double>(value); }

AttentionLayout from_layer_types(const std::vector<std::string>& types, const ConfigJson& config) {
  AttentionLayout layout;
  const std::int64_t window = config.integer("sliding_window");
  const std::int64_t chunk = config.integer("attention_chunk_size");
  for (const std::string& type : types) {
    if (type == "sliding_attention" && window > 0) {
      ++layout.window_layers;
      layout.window_tokens = window;
    } else if (type == "chunked_attention" && chunk > 0) {
      ++layout.window_layers;
      layout.window_tokens = chunk;
    } else if (type == "linear_attention") {
      ++layout.stateful_layers;
    } else {
      ++layout.full_layers;
      if (type != "full_attention") layout.unknown_type = type;
    }
  }
  return layout;
}

/// Every `interval`-th layer is full.
std::int64_t full_of(std::int64_t layers, std::int64_t interval) { return layers / interval; }

/// n of "every n-th layer is full"; 0 = all layers have the window.
std::int64_t window_pattern(const ConfigJson& config) {
  const std::int64_t given =
      config.first_nonzero({"sliding_window_pattern", "_sliding_window_pattern"});
  if (given > 0) return given;
  const std::string type = config.text("model_type").value_or("");
  if (type.starts_with("gemma2")) return 2;
  if (type.starts_with("gemma3")) return 6;
  return 0;
}

}  // namespace

double AttentionLayout::average_context(double context_tokens) const {
  const double seen = std::min(context_tokens, as_real(window_tokens));
  return (as_real(full_layers) * context_tokens + as_real(window_layers) * seen) /
         as_real(layers());
}

double AttentionLayout::kv_layer_ratio() const {
  return as_real(full_layers + window_layers) / as_real(layers());
}

AttentionLayout read_attention_layout(const ConfigJson& config) {
  const std::int64_t layers = config.integer("num_hidden_layers");
  AttentionLayout all_full;
  all_full.full_layers = layers;
  if (layers < 1) return all_full;
  const std::vector<std::string> types = config.texts("layer_types");
  if (static_cast<std::int64_t>(types.size()) == layers) {
    return from_layer_types(types, config);
  }
  if (const std::int64_t interval = config.integer("full_attention_interval"); interval > 1) {
    const std::int64_t full = full_of(layers, interval);
    AttentionLayout layout;
    layout.full_layers = full;
    layout.stateful_layers = layers - full;
    return layout;
  }
  const std::int64_t window = config.integer("sliding_window");
  const bool switchable = config.has("use_sliding_window");
  if (window <= 0 || (switchable && !config.flag("use_sliding_window"))) return all_full;
  std::int64_t full = 0;
  if (const std::int64_t pattern = window_pattern(config); pattern > 1) {
    full = full_of(layers, pattern);
  } else if (switchable) {
    full = std::clamp<std::int64_t>(config.integer("max_window_layers"), 0, layers);
  }
  if (full == layers) return all_full;
  AttentionLayout layout;
  layout.full_layers = full;
  layout.window_layers = layers - full;
  layout.window_tokens = window;
  return layout;
}

}  // namespace blis::model
