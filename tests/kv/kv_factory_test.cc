#include "kv/kv_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "kv/legacy_cpu_cache.h"
#include "kv/offload_cache.h"
#include "kv/single_tier_cache.h"

namespace blis::kv {
namespace {

using ::testing::HasSubstr;

KvConfig offload_config() {
  KvConfig config;
  config.offload.emplace();
  config.offload->cpu_bytes_to_use = 1000;
  config.offload->per_block_bytes = 100;
  config.offload->block_size = config.block_size;
  return config;
}

KvConfig with_cpu(CpuTierConfig cpu) {
  KvConfig config;
  config.cpu_tier = cpu;
  return config;
}

bool by_id(RequestId a, RequestId b) { return a < b; }

template <typename T>
bool makes(const KvConfig& config) {
  return dynamic_cast<T*>(make_kv_store(config, by_id).get()) != nullptr;
}

std::string refusal(const KvConfig& config) {
  try {
    make_kv_store(config, by_id);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(KvFactory, ChoosesTheCacheFromTheSettings) {
  EXPECT_TRUE(makes<SingleTierCache>(KvConfig()));
  EXPECT_TRUE(makes<LegacyCpuCache>(with_cpu({.cpu_blocks = 1})));
  EXPECT_TRUE(makes<OffloadCache>(offload_config()));
}

TEST(KvFactory, IgnoresTransferSettingsWithoutACpuTier) {
  EXPECT_TRUE(makes<SingleTierCache>(
      with_cpu({.cpu_blocks = 0, .bandwidth_tokens_per_tick = -1, .base_latency_ticks = -999})));
}

TEST(KvFactory, RefusesWhatNoCacheCanDo) {
  KvConfig config;
  config.total_blocks = 0;
  EXPECT_THAT(refusal(config), HasSubstr("--total-kv-blocks: 0 is not > 0"));
  config = KvConfig();
  config.block_size = -1;
  EXPECT_THAT(refusal(config), HasSubstr("--block-size-in-tokens: -1 is not > 0"));
  EXPECT_THAT(refusal(with_cpu({.cpu_blocks = -1})), HasSubstr("--kv-cpu-blocks"));
  EXPECT_THAT(refusal(with_cpu({.cpu_blocks = 1, .bandwidth_tokens_per_tick = 0})),
              HasSubstr("--kv-transfer-bandwidth"));
  EXPECT_THAT(
      refusal(with_cpu(
          {.cpu_blocks = 1, .bandwidth_tokens_per_tick = std::numeric_limits<double>::infinity()})),
      HasSubstr("--kv-transfer-bandwidth"));
  EXPECT_THAT(refusal(with_cpu({.cpu_blocks = 1, .base_latency_ticks = -1})),
              HasSubstr("--kv-transfer-base-latency"));

  config = offload_config();
  config.cpu_tier.cpu_blocks = 5;
  EXPECT_THAT(refusal(config), HasSubstr("--kv-cpu-blocks: cannot be combined"));
  config = offload_config();
  config.offload->per_block_bytes = 0;
  EXPECT_THAT(refusal(config), HasSubstr("per_block_bytes"));
  config = offload_config();
  config.offload->blocks_per_chunk = 2;
  EXPECT_THAT(refusal(config), HasSubstr("blocks_per_chunk: 2 GPU blocks per chunk"));
  config = offload_config();
  config.offload->block_size = 32;
  EXPECT_THAT(refusal(config), HasSubstr("block_size: 32 tokens"));
  config = offload_config();
  config.offload->eviction_policy = "arc";
  EXPECT_THAT(refusal(config), HasSubstr("eviction_policy: \"arc\""));
  config = offload_config();
  config.offload->cpu_bytes_to_use = 99;
  EXPECT_THAT(refusal(config), HasSubstr("99 bytes do not hold one block of 100 bytes"));
}

TEST(KvFactory, NamesAndExplainsEachKind) {
  for (const KvStoreEntry& entry : kv_store_entries()) {
    EXPECT_FALSE(entry.name.empty());
    EXPECT_FALSE(entry.help.empty());
  }
}

}  // namespace
}  // namespace blis::kv
