// The option under which lower tiers' hits are not computed again.
#include <gtest/gtest.h>

#include <vector>

#include "kv/legacy_cpu_cache.h"
#include "kv/offload_cache.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::concat;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;

KvConfig config(std::int64_t total_blocks) {
  KvConfig c;
  c.total_blocks = total_blocks;
  c.block_size = 2;
  c.cpu_tier = {.cpu_blocks = 10, .bandwidth_tokens_per_tick = 2, .base_latency_ticks = 100};
  c.tier_hits_save_prefill = true;
  return c;
}

/// Computes, copies out and drives from the GPU a prompt of `tokens` tokens.
void fill_and_drive_out(KvStore& cache, std::size_t tokens) {
  const KvRequest r(0, 2, token_run(0, tokens), {});
  ASSERT_TRUE(cache.allocate(r.client(), 0, static_cast<std::int64_t>(tokens), {}));
  cache.mirror(std::vector{r.client()});
  cache.release(r.id());
  const std::int64_t all = cache.total_blocks() * 2;
  const KvRequest intruder(99, 2, token_run(10'000, static_cast<std::size_t>(all)), {});
  ASSERT_TRUE(cache.allocate(intruder.client(), 0, all, {}));
  cache.release(intruder.id());
  ASSERT_EQ(match(cache, r.input()).size(), 0U);
}

TEST(TierHitsSavePrefill, HostMemoryExtendsTheCachedPrefix) {
  LegacyCpuCache cache(config(8));
  fill_and_drive_out(cache, 4);
  const KvRequest again(1, 2, concat(token_run(0, 4), token_run(500, 3)), {});
  std::vector<BlockId> cached;
  cache.fetch_before_admission(again.client(), cached);
  ASSERT_EQ(cached.size(), 2U);
  EXPECT_EQ(cache.pending_transfer_latency(), Micros(202));
  ASSERT_TRUE(cache.allocate(again.client(), 4, 7, cached));
  EXPECT_EQ(cache.gpu().hits(), 2);
  EXPECT_EQ(cache.pending_transfer_latency(), Micros(202));
  cache.gpu().pool().audit();
}

TEST(TierHitsSavePrefill, LeavesATokenToCompute) {
  LegacyCpuCache cache(config(8));
  fill_and_drive_out(cache, 4);
  const KvRequest again(1, 2, token_run(0, 4), {});
  std::vector<BlockId> cached;
  cache.fetch_before_admission(again.client(), cached);
  EXPECT_EQ(cached.size(), 1U);
}

// The GPU has the first two blocks, free and next in line; host memory brings the third. Without
// the option the reload takes the first for it (spec kv-cache W5).
TEST(TierHitsSavePrefill, NeverOverwritesThePrefixThatItExtends) {
  LegacyCpuCache cache(config(4));
  fill_and_drive_out(cache, 6);
  const KvRequest begin(1, 2, token_run(0, 4), {});
  ASSERT_TRUE(cache.allocate(begin.client(), 0, 4, {}));
  cache.release(begin.id());
  const KvRequest filler(2, 2, token_run(700, 2), {});
  ASSERT_TRUE(cache.allocate(filler.client(), 0, 2, {}));
  const KvRequest again(3, 2, concat(token_run(0, 6), token_run(900, 1)), {});
  std::vector<BlockId> cached = match(cache, again.input());
  ASSERT_EQ(cached.size(), 2U);
  cache.fetch_before_admission(again.client(), cached);
  EXPECT_EQ(cached.size(), 3U);
  // There is no room for the rest, and the failed attempt holds nothing.
  EXPECT_FALSE(cache.allocate(again.client(), 6, 7, cached));
  EXPECT_TRUE(cache.gpu().held_blocks(again.id()).empty());
  cache.gpu().pool().audit();
}

TEST(TierHitsSavePrefill, OffIsAsTheReferenceHasIt) {
  KvConfig c = config(8);
  c.tier_hits_save_prefill = false;
  LegacyCpuCache cache(c);
  fill_and_drive_out(cache, 4);
  const KvRequest again(1, 2, concat(token_run(0, 4), token_run(500, 3)), {});
  std::vector<BlockId> cached;
  cache.fetch_before_admission(again.client(), cached);
  EXPECT_TRUE(cached.empty());
  EXPECT_EQ(cache.reloaded_blocks(), 0);
}

TEST(TierHitsSavePrefill, StagingMemoryOfTheChainToo) {
  KvConfig c = config(8);
  c.cpu_tier = {};
  c.offload.emplace();
  c.offload->cpu_bytes_to_use = 10'000;
  c.offload->per_block_bytes = 1000;
  c.offload->block_size = 2;
  OffloadCache cache(c, [](RequestId a, RequestId b) { return a.value() < b.value(); });
  fill_and_drive_out(cache, 4);
  const KvRequest again(1, 2, concat(token_run(0, 4), token_run(500, 3)), {});
  std::vector<BlockId> cached;
  cache.fetch_before_admission(again.client(), cached);
  EXPECT_EQ(cached.size(), 2U);
  ASSERT_TRUE(cache.allocate(again.client(), 4, 7, cached));
  EXPECT_EQ(cache.gpu().hits(), 2);
}

}  // namespace
}  // namespace blis::kv
