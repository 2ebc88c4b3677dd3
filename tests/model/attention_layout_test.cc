// Which layers a config.json gives a window or a state, by the keys of the models that have them.
#include "model/attention_layout.h"

#include <gtest/gtest.h>

#include <string>

#include "model/architecture.h"
#include "model/kv_capacity.h"

namespace blis::model {
namespace {

Architecture parse(const std::string& keys) {
  Diagnostics diagnostics;
  return parse_architecture(
      "{\"hidden_size\": 4096, \"num_attention_heads\": 32,"
      "\"num_key_value_heads\": 8, \"torch_dtype\": \"bfloat16\"," +
          keys + "}",
      "config.json", diagnostics);
}

void expect_layers(const std::string& keys, std::int64_t full, std::int64_t window,
                   std::int64_t stateful, std::int64_t window_tokens) {
  const AttentionLayout layout = parse(keys).attention;
  EXPECT_EQ(layout.full_layers, full) << keys;
  EXPECT_EQ(layout.window_layers, window) << keys;
  EXPECT_EQ(layout.stateful_layers, stateful) << keys;
  EXPECT_EQ(layout.window_tokens, window_tokens) << keys;
}

TEST(AttentionLayout, ReadsEveryDialect) {
  expect_layers(R"("num_hidden_layers": 32)", 32, 0, 0, 0);
  expect_layers(R"("num_hidden_layers": 32, "sliding_window": 4096)", 0, 32, 0, 4096);  // Mistral
  expect_layers(R"("num_hidden_layers": 32, "sliding_window": null)", 32, 0, 0, 0);
  // Gemma-2 alternates; Gemma-3 has one full layer in six, with and without the key.
  expect_layers(R"("num_hidden_layers": 42, "model_type": "gemma2", "sliding_window": 4096)", 21,
                21, 0, 4096);
  expect_layers(R"("num_hidden_layers": 62, "model_type": "gemma3_text", "sliding_window": 1024)",
                10, 52, 0, 1024);
  expect_layers(R"("num_hidden_layers": 26, "sliding_window": 512, "sliding_window_pattern": 6)", 4,
                22, 0, 512);
  // gpt-oss names every layer.
  expect_layers(R"("num_hidden_layers": 4, "sliding_window": 128, "layer_types": [
      "sliding_attention", "full_attention", "sliding_attention", "full_attention"])",
                2, 2, 0, 128);
  // Qwen3-Next: three linear layers to one full.
  expect_layers(R"("num_hidden_layers": 48, "full_attention_interval": 4)", 12, 0, 36, 0);
  // Qwen2 ships a window that is switched off; on, the first layers stay full.
  expect_layers(R"("num_hidden_layers": 28, "sliding_window": 131072, "use_sliding_window": false,
      "max_window_layers": 28)",
                28, 0, 0, 0);
  expect_layers(R"("num_hidden_layers": 28, "sliding_window": 4096, "use_sliding_window": true,
      "max_window_layers": 21)",
                21, 7, 0, 4096);
}

TEST(AttentionLayout, UnknownLayerTypesCountAsFullAndAreRemembered) {
  const AttentionLayout layout =
      parse(R"("num_hidden_layers": 2, "layer_types": ["full_attention", "dreaming"])").attention;
  EXPECT_TRUE(layout.is_uniform());
  EXPECT_EQ(layout.unknown_type, "dreaming");
}

TEST(AttentionLayout, AveragesWhatItsLayersSee) {
  AttentionLayout layout;
  layout.full_layers = 1;
  layout.window_layers = 2;
  layout.stateful_layers = 1;
  layout.window_tokens = 100;
  EXPECT_EQ(layout.average_context(100), 75);    // (100 + 2 * 100) / 4
  EXPECT_EQ(layout.average_context(1000), 300);  // (1000 + 2 * 100) / 4
  EXPECT_EQ(layout.kv_layer_ratio(), 0.75);
}

// 32 layers * 2 * 128 * 8 heads * 2 bytes = 131072 bytes per token.
TEST(KvBytesPerToken, ShrinkWithElementAndWindowOnlyWhenAsked) {
  Architecture a = parse(R"("num_hidden_layers": 32, "sliding_window": 1000)");
  EXPECT_EQ(kv_bytes_per_token(a, 1), 131072);
  a.kv_element_bytes = 1;
  EXPECT_EQ(kv_bytes_per_token(a, 1), 65536);
  a.hybrid_context_tokens = 4000;  // a quarter of a sequence is kept
  EXPECT_EQ(kv_bytes_per_token(a, 1), 16384);
  a.hybrid_context_tokens = 500;
  EXPECT_EQ(kv_bytes_per_token(a, 1), 65536);
}

}  // namespace
}  // namespace blis::model
