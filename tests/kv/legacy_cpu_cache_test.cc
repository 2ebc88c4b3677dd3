// SOURCE spec kv-cache 5, 13.
#include "kv/legacy_cpu_cache.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "testing/kv_mini_engine.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::concat;
using ::blis::testing::KvMiniEngine;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;
using ::blis::testing::Tokens;

KvConfig config(std::int64_t total, std::int64_t block_size, CpuTierConfig cpu) {
  KvConfig c;
  c.total_blocks = total;
  c.block_size = block_size;
  c.cpu_tier = cpu;
  return c;
}

struct ConformanceRun {
  std::uint64_t seed;
  std::int64_t total_blocks;
  std::int64_t block_size;
  const char* digest;
  std::int64_t hits, misses, preemptions, cpu_hits, mirrored, evictions, latency;
};

class LegacyConformance : public ::testing::TestWithParam<ConformanceRun> {};

TEST_P(LegacyConformance, GivesTheReferencesDigest) {
  const ConformanceRun& run = GetParam();
  LegacyCpuCache cache(config(run.total_blocks, run.block_size, {12, 3.0, 5}));
  KvMiniEngine engine(cache, cache.gpu(), run.seed);
  engine.run(300);
  EXPECT_EQ(engine.digest(), run.digest);
  EXPECT_EQ(cache.gpu().hits(), run.hits);
  EXPECT_EQ(cache.gpu().misses(), run.misses);
  EXPECT_EQ(engine.preemptions(), run.preemptions);
  EXPECT_EQ(cache.reloaded_blocks(), run.cpu_hits);
  EXPECT_EQ(cache.mirrored_blocks(), run.mirrored);
  EXPECT_EQ(cache.cpu().evictions(), run.evictions);
  EXPECT_EQ(engine.transfer_latency(), run.latency);
  cache.gpu().pool().audit();
}

INSTANTIATE_TEST_SUITE_P(
    Vectors, LegacyConformance,
    ::testing::Values(ConformanceRun{1, 40, 4, "7c4e0930828cd11c", 180, 1113, 0, 4, 2431, 2419, 28},
                      ConformanceRun{2, 16, 4, "dbe2cabe9d6c5337", 74, 408, 33, 30, 392, 380, 210},
                      ConformanceRun{5, 24, 2, "738cccc2c500e7f6", 124, 549, 30, 11, 1629, 1617,
                                     66}));

TEST(LegacyConformance, CountsFailedAttemptsAndRates) {
  LegacyCpuCache cache(config(16, 4, {12, 3.0, 5}));
  KvMiniEngine engine(cache, cache.gpu(), 2);
  engine.run(300);
  EXPECT_EQ(cache.failed_attempts(), 287);
  EXPECT_EQ(cache.hit_rate(), 0.09622886866059818);
  LegacyCpuCache other(config(24, 2, {12, 3.0, 5}));
  KvMiniEngine other_engine(other, other.gpu(), 5);
  other_engine.run(300);
  EXPECT_EQ(other.failed_attempts(), 295);
}

// One request with 3 full blocks over a CPU tier of 2.
TEST(LegacyCpuCache, CountsEvictionsPerCopiedBlock) {
  LegacyCpuCache cache(config(8, 2, {2, 1.0, 0}));
  KvRequest r(0, 2, token_run(0, 6), {});
  ASSERT_TRUE(cache.allocate(r.client(), 0, 6, {}));
  cache.mirror(std::vector{r.client()});
  EXPECT_EQ(cache.mirrored_blocks(), 3);
  EXPECT_EQ(cache.cpu().evictions(), 1);
  EXPECT_EQ(cache.thrashing_rate(), 1.0 / 3.0);
}

/// A prompt of two blocks that was copied out and then driven from the GPU.
void fill_and_drive_out(LegacyCpuCache& cache, const KvRequest& r) {
  ASSERT_TRUE(cache.allocate(r.client(), 0, r.client().input_tokens, {}));
  cache.mirror(std::vector{r.client()});
  cache.release(r.id());
  const std::int64_t all = cache.total_blocks() * cache.block_size();
  const KvRequest intruder(99, cache.block_size(), token_run(10'000, static_cast<std::size_t>(all)),
                           {});
  ASSERT_TRUE(cache.allocate(intruder.client(), 0, all, {}));
  cache.release(intruder.id());
  ASSERT_EQ(match(cache, r.input()).size(), 0U);
}

// Each block costs 100 + 2 / 2.0 ticks; the prompt is computed again all the same [BUG of the
// reference, spec kv-cache W1].
TEST(LegacyCpuCache, ChargesReloadsOnce) {
  LegacyCpuCache cache(config(4, 2, {10, 2.0, 100}));
  const KvRequest r(0, 2, token_run(0, 4), {});
  fill_and_drive_out(cache, r);
  const KvRequest again(1, 2, token_run(0, 4), {});
  ASSERT_TRUE(cache.allocate(again.client(), 0, 4, {}));
  EXPECT_EQ(cache.reloaded_blocks(), 2);
  EXPECT_EQ(cache.gpu().hits(), 2);
  EXPECT_EQ(cache.pending_transfer_latency(), Micros(202));
  EXPECT_EQ(cache.pending_transfer_latency(), Micros(202));
  EXPECT_EQ(cache.consume_transfer_latency(), Micros(202));
  EXPECT_EQ(cache.consume_transfer_latency(), Micros(0));
}

// A failed admission after a reload keeps the reloaded prefix, and the next attempt does not claim
// it again [BUG of the reference, spec kv-cache W3].
TEST(LegacyCpuCache, LeavesAReloadedPrefixWithAQueuedRequest) {
  LegacyCpuCache cache(config(4, 2, {10, 2.0, 0}));
  const KvRequest r(0, 2, token_run(0, 4), {});
  fill_and_drive_out(cache, r);
  const KvRequest other(2, 2, token_run(500, 2), {});
  ASSERT_TRUE(cache.allocate(other.client(), 0, 2, {}));
  const KvRequest again(1, 2, token_run(0, 8), {});
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_FALSE(cache.allocate(again.client(), 0, 8, {}));
    EXPECT_EQ(cache.gpu().held_blocks(again.id()).size(), 2U);
    EXPECT_EQ(cache.gpu().hits(), 2);
  }
  cache.gpu().pool().audit();
}

// A reload takes the victim at the head of the free list, which may belong to the prefix that was
// just matched; its stale id is claimed all the same [BUG of the reference, spec kv-cache W5].
TEST(LegacyCpuCache, ReloadingMayOverwriteTheMatchedPrefix) {
  LegacyCpuCache cache(config(3, 2, {10, 2.0, 0}));
  const KvRequest a(0, 2, token_run(0, 6), {});
  ASSERT_TRUE(cache.allocate(a.client(), 0, 6, {}));
  cache.mirror(std::vector{a.client()});
  cache.release(a.id());  // free: third, second, first block of the prefix
  const KvRequest b(1, 2, token_run(700, 2), {});
  ASSERT_TRUE(cache.allocate(b.client(), 0, 2, {}));  // drives the third block out
  cache.release(b.id());
  const auto matched = match(cache, a.input());
  ASSERT_EQ(matched.size(), 2U);
  const KvRequest c(2, 2, token_run(0, 6), {});
  // The third block comes back into the place of the second, which is matched[1].
  EXPECT_TRUE(cache.allocate(c.client(), 4, 6, matched));
  EXPECT_EQ(cache.reloaded_blocks(), 1);
  EXPECT_EQ(match(cache, a.input()).size(), 1U);
  cache.gpu().pool().audit();
}

/// 8 rounds over 6 prefixes of 4 blocks; each request adds 2 tokens of its own.
void run_shared_prefixes(LegacyCpuCache& cache) {
  std::uint32_t sequence = 0;
  for (int round = 0; round < 8; ++round) {
    for (std::int32_t k = 0; k < 6; ++k) {
      ++sequence;
      const auto own = static_cast<std::int32_t>(9'000'000 + 10 * sequence);
      const KvRequest r(sequence, 2, concat(token_run(1000 * (k + 1), 8), Tokens{own, own + 1}),
                        {});
      const auto cached = match(cache, r.input());
      const std::int64_t start = 2 * std::ssize(cached);
      ASSERT_TRUE(cache.allocate(r.client(), start, 10, cached));
      cache.mirror(std::vector{r.client()});
      cache.release(r.id());
    }
  }
}

TEST(LegacyCpuCache, HitRateDoesNotDependOnGpuMemoryWithAnUnboundedCpuTier) {
  struct Case {
    std::int64_t total_blocks, reloads, latency;
  };
  for (const Case& c : {Case{14, 168, 336}, {22, 168, 336}, {40, 0, 0}, {80, 0, 0}}) {
    LegacyCpuCache cache(config(c.total_blocks, 2, {100'000, 1.0, 0}));
    run_shared_prefixes(cache);
    EXPECT_EQ(cache.gpu().hits(), 168);
    EXPECT_EQ(cache.gpu().misses(), 72);
    EXPECT_EQ(cache.hit_rate(), 0.7);
    EXPECT_EQ(cache.reloaded_blocks(), c.reloads);
    EXPECT_EQ(cache.consume_transfer_latency(), Micros(c.latency));
  }
}

// Laws 1 to 3 and 10 after every run of the mini-engine, whatever the sizes.
RC_GTEST_PROP(LegacyCpuCacheLaws, HoldOnRandomRuns, ()) {
  LegacyCpuCache cache(config(*rc::gen::inRange<std::int64_t>(6, 40),
                              *rc::gen::inRange<std::int64_t>(1, 6),
                              {*rc::gen::inRange<std::int64_t>(1, 30), 3.0, 5}));
  KvMiniEngine engine(cache, cache.gpu(), *rc::gen::arbitrary<std::uint64_t>());
  for (int i = 0; i < 60; ++i) {
    engine.run(1);
    cache.gpu().pool().audit();
    RC_ASSERT(cache.cpu().used() == cache.mirrored_blocks() - cache.cpu().evictions());
    RC_ASSERT(cache.cpu().used() <= cache.cpu().capacity());
    RC_ASSERT(cache.cpu().used() == cache.cpu().evictable());
    // What is left was added by the last tokens of completed requests, after the step took its
    // share.
    const Micros pending = cache.pending_transfer_latency();
    RC_ASSERT(cache.consume_transfer_latency().count() == pending.count());
    RC_ASSERT(cache.consume_transfer_latency().count() == 0);
  }
}

}  // namespace
}  // namespace blis::kv
