// SOURCE spec kv-cache 6, 8, 13.
#include "kv/offload_cache.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "testing/kv_mini_engine.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::KvMiniEngine;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;

/// Names are r0, r1, …, so r10 stands before r2.
bool by_name(RequestId a, RequestId b) {
  return fmt::format("r{}", a.value()) < fmt::format("r{}", b.value());
}

struct ConformanceRun {
  std::uint64_t seed;
  int steps;
  std::int64_t total_blocks;
  std::int64_t block_size;
  double jitter_stddev;
  bool prompt_only;
  std::int64_t saturation_depth;
  const char* digest;
  std::int64_t hits, misses, preemptions, fired, failed, reloads, skipped, deferrals;
  std::int64_t tier0_blocks, tier1_blocks;
};

KvConfig conformance_config(const ConformanceRun& run) {
  SecondaryTierConfig ramped;
  ramped.n_read_threads = 1;
  ramped.n_write_threads = 1;
  ramped.device = {.read_bandwidth = 7,
                   .write_bandwidth = 3,
                   .base_latency = 80.5,
                   .saturation_queue_depth = run.saturation_depth,
                   .single_transfer_fraction = 0.4,
                   .latency_jitter_stddev = run.jitter_stddev};
  SecondaryTierConfig plain;
  plain.n_read_threads = 2;
  plain.n_write_threads = 1;
  plain.device.read_bandwidth = 2;
  plain.device.write_bandwidth = 1.5;
  plain.device.base_latency = 300;
  KvConfig config;
  config.total_blocks = run.total_blocks;
  config.block_size = run.block_size;
  config.run_seed = 42;
  config.offload = OffloadConfig{.cpu_bytes_to_use = 14007,
                                 .per_block_bytes = 1000,
                                 .block_size = run.block_size,
                                 .tokens_per_hash = run.block_size,
                                 .offload_prompt_only = run.prompt_only,
                                 .secondary_tiers = {ramped, plain}};
  return config;
}

class OffloadConformance : public ::testing::TestWithParam<ConformanceRun> {};

TEST_P(OffloadConformance, GivesTheReferencesDigest) {
  const ConformanceRun& run = GetParam();
  OffloadCache cache(conformance_config(run), by_name);
  KvMiniEngine engine(cache, cache.gpu(), run.seed, &cache.tiers().cpu());
  engine.run(run.steps);
  EXPECT_EQ(engine.digest(), run.digest);
  EXPECT_EQ(cache.gpu().hits(), run.hits);
  EXPECT_EQ(cache.gpu().misses(), run.misses);
  EXPECT_EQ(engine.preemptions(), run.preemptions);
  EXPECT_EQ(cache.tiers().promotions_fired(), run.fired);
  EXPECT_EQ(cache.tiers().promotions_failed(), run.failed);
  EXPECT_EQ(cache.reloaded_blocks(), run.reloads);
  EXPECT_EQ(cache.skipped_mirrors(), run.skipped);
  EXPECT_EQ(cache.deferrals_started(), run.deferrals);
  EXPECT_EQ(cache.tiers().stored_blocks(0), run.tier0_blocks);
  EXPECT_EQ(cache.tiers().stored_blocks(1), run.tier1_blocks);
  cache.gpu().pool().audit();
}

INSTANTIATE_TEST_SUITE_P(
    Vectors, OffloadConformance,
    ::testing::Values(ConformanceRun{1, 300, 40, 4, 0, true, 1, "55e07566e7fe2db2", 228, 1061, 0,
                                     41, 105, 52, 2009, 81, 130, 125},
                      ConformanceRun{2, 300, 16, 4, 0, true, 4, "687ad7d9e6192893", 150, 331, 62,
                                     16, 17, 33, 334, 17, 59, 59},
                      ConformanceRun{3, 300, 16, 4, 0.3, false, 4, "b5c220b78a61c8a9", 131, 440, 36,
                                     24, 49, 31, 1015, 26, 88, 88},
                      ConformanceRun{4, 400, 24, 2, 0.5, false, 3, "646c0d8c4f33e242", 73, 384, 29,
                                     13, 40, 35, 1044, 13, 68, 68},
                      ConformanceRun{7, 400, 12, 4, 0.5, true, 3, "3a19ed44884c2a62", 80, 191, 45,
                                     26, 14, 81, 97, 14, 56, 56}));

TEST(OffloadConformance, CountsWhatTheFirstTwoRowsAlsoTell) {
  const ConformanceRun first{1, 300, 40, 4, 0, true, 1, "", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  OffloadCache cache(conformance_config(first), by_name);
  KvMiniEngine engine(cache, cache.gpu(), 1);
  engine.run(300);
  EXPECT_EQ(cache.tiers().cpu().evictions(), 240);
  EXPECT_EQ(cache.tiers().transfers_in_flight(), 15);
}

}  // namespace
}  // namespace blis::kv
