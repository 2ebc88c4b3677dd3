// The offload chain in small: who waits, for how long, and what is written. SOURCE spec
// kv-cache 6.7 to 6.9, 8, laws 15 to 24.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "kv/offload_cache.h"
#include "testing/kv_chain.h"
#include "testing/kv_mini_engine.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::by_id;
using ::blis::testing::chain_config;
using ::blis::testing::concat;
using ::blis::testing::disk;
using ::blis::testing::keys_of;
using ::blis::testing::KvMiniEngine;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;
using ::blis::testing::Tokens;

/// Runs a whole prompt at `now`, copies it out and finishes it.
void run_prompt(OffloadCache& cache, const KvRequest& r, std::int64_t now) {
  cache.set_clock(Micros(now));
  ASSERT_TRUE(cache.allocate(r.client(), 0, r.client().input_tokens, {}));
  cache.mirror(std::vector{r.client()});
  cache.release(r.id());
}

/// A cache of 4 GPU blocks over 2 CPU blocks whose disk holds the two blocks of 0, 1, 2, 3 and
/// whose other tiers do not.
class OffloadedPrefix : public ::testing::Test {
 protected:
  OffloadedPrefix() : cache_(chain_config(4, 2, {disk(7000)}), by_id) {
    run_prompt(cache_, KvRequest(90, 2, token_run(0, 4), {}), 1);
    cache_.set_clock(Micros(500));  // written
    // Eight tokens drive the prefix from the GPU and, two blocks at a time, from the CPU tier.
    run_prompt(cache_, KvRequest(91, 2, token_run(50, 8), {}), 501);
    cache_.set_clock(Micros(999));
    EXPECT_EQ(match(cache_, token_run(0, 4)).size(), 0U);
    for (const auto& key : keys_of(token_run(0, 4), 2)) {
      EXPECT_EQ(cache_.tiers().cpu().lookup(key), CpuLookup::kMiss);
      EXPECT_EQ(cache_.tiers().storage_tier_of(key), 0);
    }
  }

  /// One engine round at `now`: poll, then try to admit unless it still waits. True when admitted.
  bool round(const KvRequest& r, std::int64_t now) {
    cache_.set_clock(Micros(now));
    std::vector<RequestId> deferred;
    cache_.poll_deferred(Micros(now), deferred);
    if (std::ranges::find(deferred, r.id()) != deferred.end()) return false;
    const auto cached = match(cache_, r.input());
    const std::int64_t start = 2 * std::ssize(cached);
    return cache_.allocate(r.client(), start, r.client().input_tokens, cached);
  }

  int rounds_until_admitted(const KvRequest& r, std::int64_t first, std::int64_t step) {
    int rounds = 1;
    for (std::int64_t now = first; !round(r, now); now += step) ++rounds;
    return rounds;
  }

  OffloadCache cache_;
};

// Steps of 1000: noticed at 1000, read from 2000 to 2081, seen at 3000.
TEST_F(OffloadedPrefix, IsAdmittedInTheThirdRoundWhenCold) {
  const KvRequest r(1, 2, token_run(0, 5), {});
  EXPECT_FALSE(round(r, 1000));
  EXPECT_TRUE(cache_.is_deferred(r.id()));
  EXPECT_EQ(cache_.tiers().promotions_fired(), 0);
  EXPECT_FALSE(round(r, 2000));
  EXPECT_EQ(cache_.tiers().promotions_fired(), 1);
  EXPECT_EQ(cache_.tiers().transfers_in_flight(), 1);
  EXPECT_TRUE(round(r, 3000));
  EXPECT_FALSE(cache_.is_deferred(r.id()));
  EXPECT_EQ(cache_.reloaded_blocks(), 2);
  EXPECT_EQ(cache_.gpu().hits(), 2);
}

TEST_F(OffloadedPrefix, IsAdmittedWhenTheReadLandsIfStepsAreShort) {
  const KvRequest r(1, 2, token_run(0, 5), {});
  std::int64_t now = 1000;
  while (!round(r, now)) ++now;
  EXPECT_EQ(now, 1082);
}

TEST_F(OffloadedPrefix, NeedsOneRoundLessWhenItsPlaceIsKnown) {
  const KvRequest cold(1, 2, token_run(0, 5), {});
  EXPECT_EQ(rounds_until_admitted(cold, 1000, 1000), 3);
  cache_.release(cold.id());
  // Driven out again; the place in storage stays known.
  run_prompt(cache_, KvRequest(92, 2, token_run(70, 8), {}), 5000);
  cache_.set_clock(Micros(6000));
  const KvRequest warm(2, 2, token_run(0, 5), {});
  EXPECT_EQ(rounds_until_admitted(warm, 7000, 1000), 2);
}

// The delay counts steps: slower storage changes nothing while a read is shorter than a step.
TEST_F(OffloadedPrefix, WaitsInSteps) {
  const KvRequest r(1, 2, token_run(0, 5), {});
  EXPECT_EQ(rounds_until_admitted(r, 1000, 3000), 3);
}

TEST_F(OffloadedPrefix, IsReadOnceForTwoRequests) {
  const KvRequest a(1, 2, token_run(0, 5), {});
  const KvRequest b(2, 2, concat(token_run(0, 4), Tokens{77}), {});
  EXPECT_FALSE(round(a, 1000));
  EXPECT_FALSE(cache_.allocate(b.client(), 0, 5, {}));
  EXPECT_TRUE(cache_.is_deferred(b.id()));
  EXPECT_FALSE(round(a, 2000));
  EXPECT_EQ(cache_.tiers().promotions_fired(), 1);
  EXPECT_TRUE(round(a, 3000));
  EXPECT_FALSE(cache_.is_deferred(b.id()));
  EXPECT_EQ(cache_.deferrals_started(), 2);
  EXPECT_EQ(cache_.tiers().promotions_fired(), 1);
}

TEST_F(OffloadedPrefix, DoesNotDelayDecodeHalvesAndRunningRequests) {
  KvRequest half(1, 2, token_run(0, 4), {1});
  half.set_decode_sub_request();
  EXPECT_TRUE(cache_.allocate(half.client(), 0, 4, {}));
  EXPECT_EQ(cache_.deferrals_started(), 0);
  EXPECT_EQ(cache_.tiers().promotions_fired(), 1);  // for whoever comes next
}

TEST_F(OffloadedPrefix, ForgetsARequestThatLeaves) {
  const KvRequest r(1, 2, token_run(0, 5), {});
  EXPECT_FALSE(round(r, 1000));
  cache_.clear_deferred(r.id());
  EXPECT_FALSE(cache_.is_deferred(r.id()));
}

// A read that is refused at once for lack of CPU room looks like a lack of GPU blocks for one step
// [BUG of the reference, spec kv-cache W6].
TEST_F(OffloadedPrefix, IsRecomputedWhenAKnownPlaceCannotBeRead) {
  const KvRequest cold(1, 2, token_run(0, 5), {});
  rounds_until_admitted(cold, 1000, 1000);
  cache_.release(cold.id());
  run_prompt(cache_, KvRequest(92, 2, token_run(70, 8), {}),
             5000);  // both CPU blocks now being written
  const KvRequest warm(2, 2, token_run(0, 5), {});
  EXPECT_FALSE(cache_.allocate(warm.client(), 0, 5, {}));
  EXPECT_FALSE(cache_.is_deferred(warm.id()));
  EXPECT_EQ(cache_.tiers().promotions_failed(), 1);
  EXPECT_TRUE(cache_.allocate(warm.client(), 0, 5, {}));
  EXPECT_EQ(cache_.thrashing_rate(), 2.0 / 3.0);  // the admission tried once more in the background
}

TEST(OffloadCache, NeverDefersWithoutStorage) {
  OffloadCache cache(chain_config(4, 4, {}), by_id);
  EXPECT_FALSE(cache.supports_deferral());
  const KvRequest first(1, 2, token_run(0, 4), {});
  run_prompt(cache, first, 1);
  run_prompt(cache, KvRequest(2, 2, token_run(50, 8), {}), 2);
  EXPECT_EQ(cache.deferrals_started(), 0);
  EXPECT_EQ(cache.tiers().transfers_in_flight(), 0);
}

std::int64_t blocks_copied(std::size_t input, std::size_t output, bool prompt_only) {
  OffloadCache cache(chain_config(8, 8, {}, prompt_only), by_id);
  KvRequest r(0, 2, token_run(0, input), token_run(100, output));
  const auto input_tokens = static_cast<std::int64_t>(input);
  EXPECT_TRUE(cache.allocate(r.client(), 0, input_tokens, {}));
  for (std::int64_t p = input_tokens; p < input_tokens + std::ssize(r.output()); ++p) {
    r.set_progress(p);
    EXPECT_TRUE(cache.allocate(r.client(), p, p + 1, {}));
  }
  cache.mirror(std::vector{r.client()});
  return cache.tiers().cpu().used();
}

TEST(OffloadCache, CopiesPromptBlocksOnlyIfAskedTo) {
  EXPECT_EQ(blocks_copied(3, 1, true),
            1);  // the prompt's tail, completed by an output token, is not of the prompt
  EXPECT_EQ(blocks_copied(4, 4, true), 2);
  EXPECT_EQ(blocks_copied(4, 4, false), 4);
}

TEST(OffloadTiers, WritesEachBlockToEveryTierAndPinsItMeanwhile) {
  const KvConfig config = chain_config(4, 4, {disk(7000), disk(1)});
  OffloadTiers tiers(*config.offload, 42);
  const auto key = keys_of(token_run(0, 2), 2)[0];
  ASSERT_NE(tiers.store(key), CpuTier::kNone);
  EXPECT_EQ(tiers.cpu().transfers(key), 2);
  tiers.set_clock(Micros(80));  // 80 + trunc(4096 / 7000)
  EXPECT_EQ(tiers.cpu().transfers(key), 1);
  EXPECT_EQ(tiers.storage_tier_of(key), 0);
  tiers.set_clock(Micros(80 + 4096));
  EXPECT_EQ(tiers.cpu().transfers(key), 0);
  EXPECT_EQ(tiers.stored_blocks(1), 1);
}

// Seed 42 and a spread of 0.2 turn 81 ticks into these.
TEST(OffloadTiers, DrawsOneJitterFactorPerTransfer) {
  SecondaryTierConfig tier = disk(1e9);
  tier.device.base_latency = 81;
  tier.device.latency_jitter_stddev = 0.2;
  const KvConfig config = chain_config(8, 8, {tier});
  OffloadTiers tiers(*config.offload, 42);
  const auto keys = keys_of(token_run(0, 10), 2);
  for (const auto& key : keys) ASSERT_NE(tiers.store(key), CpuTier::kNone);
  std::vector<std::int64_t> completed(keys.size());
  for (std::int64_t now = 1; now < 120; ++now) {
    tiers.set_clock(Micros(now));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (completed[i] == 0 && tiers.storage_tier_of(keys[i])) completed[i] = now;
    }
  }
  EXPECT_EQ(completed, (std::vector<std::int64_t>{70, 108, 99, 65, 88}));
}

// Laws 1 to 3, 14, 15, 22 and 24 on random runs of the mini-engine.
RC_GTEST_PROP(OffloadCacheLaws, HoldOnRandomRuns, ()) {
  SecondaryTierConfig first = disk(*rc::gen::inRange(1, 50));
  first.n_read_threads = 1;
  first.device.latency_jitter_stddev = *rc::gen::element(0.0, 0.4);
  KvConfig config =
      chain_config(*rc::gen::inRange<std::int64_t>(6, 40), *rc::gen::inRange<std::int64_t>(1, 30),
                   {first, disk(20)}, *rc::gen::arbitrary<bool>());
  config.block_size = *rc::gen::inRange<std::int64_t>(1, 6);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  OffloadCache cache(config, by_id);
  OffloadCache twin(config, by_id);
  KvMiniEngine engine(cache, cache.gpu(), seed);
  KvMiniEngine twin_engine(twin, twin.gpu(), seed);
  for (int i = 0; i < 60; ++i) {
    engine.run(1);
    cache.gpu().pool().audit();
    RC_ASSERT(cache.tiers().cpu().used() <= cache.tiers().cpu().capacity());
    RC_ASSERT(cache.tiers().cpu().evictable() <= cache.tiers().cpu().used());
    RC_ASSERT(cache.consume_transfer_latency().count() == 0);
  }
  twin_engine.run(60);
  RC_ASSERT(twin_engine.digest() == engine.digest());
  // Whoever waits is let in once everything has landed.
  const Micros late(2'000'000'000);
  cache.set_clock(late);
  std::vector<RequestId> deferred;
  cache.poll_deferred(late, deferred);
  RC_ASSERT(deferred.empty());
  // What the last poll started drains too.
  cache.set_clock(late + late);
  RC_ASSERT(cache.tiers().transfers_in_flight() == 0);
  RC_ASSERT(cache.tiers().cpu().used() == cache.tiers().cpu().evictable());
}

}  // namespace
}  // namespace blis::kv
