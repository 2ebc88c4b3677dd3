// Which layers of a model attend to the whole context, which to a window of it, and which to none.
//
// Gemma-2/3, Mistral and gpt-oss mix full attention with layers that see only the last tokens;
// Qwen3-Next keeps a state of constant size in most layers. Both need less KV memory and less time
// per token than the same number of full layers, and the more so the longer the context.
#pragma once

#include <cstdint>
#include <string>

namespace blis::model {

class ConfigJson;

/// Layers by what they attend to; the three counts add up to the model's layers.
struct AttentionLayout {
  std::int64_t full_layers = 0;
  std::int64_t window_layers = 0;
  std::int64_t stateful_layers = 0;  ///< linear attention, state-space models: nothing per token
  std::int64_t window_tokens = 0;    ///< what a window layer sees; > 0 if there are any

  std::string unknown_type;  ///< a layer type that nobody knows; counted as full

  bool is_uniform() const { return window_layers == 0 && stateful_layers == 0; }
  std::int64_t layers() const { return full_layers + window_layers + stateful_layers; }

  /// KV tokens that an average layer holds of, or reads for, a context of `context_tokens`.
  ///
  ///   (full * c + window * min(c, w)) / L                                  [tokens]
  ///
  /// REQUIRES layers() >= 1.  NOT MODELLED  the state of stateful layers, whose size does not
  /// depend on the context.
  double average_context(double context_tokens) const;
  /// Share of the layers that write KV for a new token. REQUIRES layers() >= 1.
  double kv_layer_ratio() const;
};

/// What a config.json says, as its own library reads it:
///
///   layer_types               one name per layer: full_attention, sliding_attention,
///                             chunked_attention (window: attention_chunk_size), linear_attention
///   full_attention_interval n every n-th layer is full, the others are linear (Qwen3-Next)
///   sliding_window w          all layers (Mistral), or but every n-th with sliding_window_pattern
///   n
///                             (Gemma-3: 6 if not given; Gemma-2: 2); off if use_sliding_window is
///                             false; from layer max_window_layers on, if use_sliding_window is
///                             true
///
/// Never throws.  SOURCE  configuration classes of the transformers library.
AttentionLayout read_attention_layout(const ConfigJson& config);

}  // namespace blis::model
