// SOURCE spec kv-cache 5, 13.
#include "kv/legacy_cpu_cache.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace blis::kv
