// Step times with quantized KV, windows and linear attention. Vectors: spec latency 15, E1.
#include <gtest/gtest.h>

#include "latency/latency_model.h"
#include "testing/catalog_models.h"
#include "testing/step_batches.h"

namespace blis::latency {
namespace {

Micros step(const std::string& backend, const model::Architecture& architecture,
            testing::BatchSpec batch) {
  LatencyConfig config = testing::shipped_trained_physics(1);
  config.backend = backend;
  return make_latency_model(config, architecture, testing::catalog_gpu("H100"))
      ->step_time(batch.batch());
}

// X_dk 1604.164776 halves: 15422.0155 - 3123.481604 / 2 = 13860.27. Roofline reads 5387059200 bytes
// beside the weights, of which grow + read = 32 * (163840 + 167772160) halve.
TEST(KvCacheDtype, HalvesTheTrafficOfTheCache) {
  auto architecture = testing::catalog_model("qwen3-14b");
  const auto batch = testing::decodes(32, 1024);
  EXPECT_EQ(step("trained-physics", architecture, batch), Micros(15422));
  EXPECT_EQ(step("roofline", architecture, batch), Micros(7367));
  architecture.kv_element_bytes = 1;
  EXPECT_EQ(step("trained-physics", architecture, batch), Micros(13860));
  EXPECT_EQ(step("roofline", architecture, batch), Micros(6565));
}

TEST(HybridAttention, NeedsTheOptionAndAContextBeyondTheWindow) {
  for (const std::string backend : {"trained-physics", "roofline"}) {
    auto architecture = testing::catalog_model("qwen3-14b");
    const Micros full = step(backend, architecture, testing::decodes(32, 1024));
    const Micros full_prefill = step(backend, architecture, testing::prefill(4096));
    architecture.attention.full_layers = 10;
    architecture.attention.window_layers = 30;
    architecture.attention.window_tokens = 512;
    EXPECT_EQ(step(backend, architecture, testing::decodes(32, 1024)), full);
    architecture.hybrid_context_tokens = 4096;
    EXPECT_LT(step(backend, architecture, testing::decodes(32, 1024)), full);
    EXPECT_LT(step(backend, architecture, testing::prefill(4096)), full_prefill);
    architecture.attention.window_tokens = 100'000;
    EXPECT_EQ(step(backend, architecture, testing::decodes(32, 1024)), full);
    EXPECT_EQ(step(backend, architecture, testing::prefill(4096)), full_prefill);
  }
}

}  // namespace
}  // namespace blis::latency
