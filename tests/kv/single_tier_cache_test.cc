// The worked examples and conformance runs of the GPU tier. SOURCE spec kv-cache 3.7, 13.
#include "kv/single_tier_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/kv_mini_engine.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::block_ids;
using ::blis::testing::concat;
using ::blis::testing::KvMiniEngine;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;
using ::blis::testing::Tokens;
using ::testing::Contains;
using ::testing::IsEmpty;

TEST(SingleTierCache, FollowsTheWorkedExample) {
  SingleTierCache cache(6, 2);
  KvRequest a(0, 2, {1, 2, 3, 4, 5}, {7});
  ASSERT_TRUE(cache.allocate(a.client(), 0, 5, {}));
  EXPECT_EQ(cache.pool().free_list(), block_ids({3, 4, 5}));
  EXPECT_EQ(cache.misses(), 3);

  a.set_progress(5);
  ASSERT_TRUE(cache.allocate(a.client(), 5, 6, {}));
  EXPECT_EQ(cache.used_blocks(), 3);

  KvRequest b(1, 2, {1, 2, 3, 4, 9, 9, 9}, {});
  ASSERT_EQ(match(cache, b.input()), block_ids({0, 1}));
  ASSERT_TRUE(cache.allocate(b.client(), 4, 7, block_ids({0, 1})));
  EXPECT_EQ(cache.pool().free_list(), block_ids({5}));
  EXPECT_EQ(cache.hits(), 2);
  EXPECT_EQ(cache.misses(), 5);

  cache.release(a.id());
  EXPECT_EQ(cache.pool().free_list(), block_ids({5, 2}));
  cache.release(b.id());
  EXPECT_EQ(cache.pool().free_list(), block_ids({5, 2, 4, 3, 1, 0}));
  EXPECT_EQ(match(cache, Tokens{1, 2, 3, 4, 5, 7}), block_ids({0, 1, 2}));
  EXPECT_EQ(match(cache, Tokens{1, 2, 3, 4, 9, 9}), block_ids({0, 1, 3}));

  KvRequest c(2, 2, token_run(50, 5), {});
  ASSERT_TRUE(cache.allocate(c.client(), 0, 5, {}));
  EXPECT_EQ(cache.pool().free_list(), block_ids({3, 1, 0}));
  EXPECT_EQ(match(cache, Tokens{1, 2, 3, 4, 5, 7}), block_ids({0, 1}));
  EXPECT_EQ(match(cache, Tokens{1, 2, 3, 4, 9, 9}), block_ids({0, 1, 3}));
  cache.pool().audit();
}

/// Blocks of 4 tokens, one request that holds a block with 2 tokens: may it take `more`?
bool takes_after_two_tokens(SingleTierCache& cache, std::int64_t more) {
  KvRequest r(0, 4, token_run(0, 12), {});
  EXPECT_TRUE(cache.allocate(r.client(), 0, 2, {}));
  r.set_progress(2);
  return cache.allocate(r.client(), 2, 2 + more, {});
}

TEST(SingleTierCache, CountsThePartialBlockBeforeRefusing) {
  SingleTierCache two(2, 4);
  EXPECT_TRUE(takes_after_two_tokens(two, 5));
  EXPECT_EQ(two.used_blocks(), 2);
  SingleTierCache one(1, 4);
  EXPECT_TRUE(takes_after_two_tokens(one, 2));
  EXPECT_EQ(one.used_blocks(), 1);
  SingleTierCache refusing(2, 4);
  EXPECT_FALSE(takes_after_two_tokens(refusing, 9));
  EXPECT_EQ(refusing.used_blocks(), 1);
}

TEST(SingleTierCache, EvictsTheEndOfAPromptFirst) {
  SingleTierCache cache(1024, 16);
  KvRequest a(0, 16, token_run(0, 1024 * 16), {});
  ASSERT_TRUE(cache.allocate(a.client(), 0, 1024 * 16, {}));
  cache.release(a.id());
  KvRequest b(1, 16, token_run(100'000, 128 * 16), {});
  ASSERT_TRUE(cache.allocate(b.client(), 0, 128 * 16, {}));
  EXPECT_EQ(match(cache, a.input()).size(), 896U);
}

struct ConformanceRun {
  std::uint64_t seed;
  std::int64_t total_blocks;
  std::int64_t block_size;
  const char* digest;
  std::int64_t hits, misses, preemptions, created;
};

class SingleTierConformance : public ::testing::TestWithParam<ConformanceRun> {};

TEST_P(SingleTierConformance, GivesTheReferencesDigest) {
  const ConformanceRun& run = GetParam();
  SingleTierCache cache(run.total_blocks, run.block_size);
  KvMiniEngine engine(cache, cache, run.seed);
  engine.run(300);
  EXPECT_EQ(engine.digest(), run.digest);
  EXPECT_EQ(cache.hits(), run.hits);
  EXPECT_EQ(cache.misses(), run.misses);
  EXPECT_EQ(engine.preemptions(), run.preemptions);
  EXPECT_EQ(engine.requests_created(), run.created);
  cache.pool().audit();
}

INSTANTIATE_TEST_SUITE_P(
    Vectors, SingleTierConformance,
    ::testing::Values(ConformanceRun{1, 40, 4, "32e9304407af6250", 176, 1117, 0, 304},
                      ConformanceRun{2, 16, 4, "3f9006dc2a175556", 137, 562, 56, 287},
                      ConformanceRun{3, 30, 1, "87643132488be3fc", 30, 262, 9, 275}));

TEST(SingleTierConformance, EndsWithTheReferencesFreeList) {
  SingleTierCache cache(40, 4);
  KvMiniEngine engine(cache, cache, 1);
  engine.run(300);
  EXPECT_EQ(cache.pool().free_list(),
            block_ids({18, 34, 17, 32, 29, 0,  28, 26, 33, 21, 9,  25, 23, 37,
                       8,  12, 35, 6,  20, 15, 38, 5,  14, 24, 30, 16, 4}));
}

// The outputs of a request whose prompt was fully cached are keyed as if a prompt started there,
// and the prompt's blocks are neither counted as hits nor held [BUG of the reference, spec kv-cache
// W2].
TEST(SingleTierCache, DoesNotPinAFullyCachedPrompt) {
  SingleTierCache cache(8, 4);
  const Tokens prompt = token_run(1, 8);
  KvRequest first(0, 4, prompt, {});
  ASSERT_TRUE(cache.allocate(first.client(), 0, 8, {}));
  cache.release(first.id());

  KvRequest second(1, 4, prompt, token_run(100, 5));
  const auto cached = match(cache, prompt);
  ASSERT_EQ(cached.size(), 2U);
  ASSERT_TRUE(cache.allocate(second.client(), 8, 8, cached));
  EXPECT_EQ(cache.used_blocks(), 0);
  for (std::int64_t p = 8; p < 13; ++p) {
    second.set_progress(p);
    ASSERT_TRUE(cache.allocate(second.client(), p, p + 1, {}));
  }
  EXPECT_EQ(cache.used_blocks(), 2);
  EXPECT_EQ(cache.hits(), 0);
  EXPECT_EQ(match(cache, second.output()).size(), 1U);
  EXPECT_EQ(match(cache, second.sequence()).size(), 2U);
}

// Two blocks with one key share an index entry; reusing the older one hides the younger one [BUG of
// the reference, W4].
TEST(SingleTierCache, LosesTheIndexEntryOfADuplicate) {
  SingleTierCache cache(5, 2);
  KvRequest a(0, 2, {1, 2, 3, 4}, {});
  KvRequest b(1, 2, {1, 2, 3, 4}, {});
  ASSERT_TRUE(cache.allocate(a.client(), 0, 3, {}));
  ASSERT_TRUE(cache.allocate(b.client(), 2, 4, match(cache, Tokens{1, 2})));
  a.set_progress(3);
  ASSERT_TRUE(cache.allocate(a.client(), 3, 4, {}));  // [3,4] again, in another block
  EXPECT_EQ(match(cache, a.input()), block_ids({0, 1}));
  cache.release(b.id());
  KvRequest c(2, 2, {9, 9, 9, 9, 9, 9}, {});
  ASSERT_TRUE(cache.allocate(c.client(), 0, 6, {}));  // takes 3, 4 and b's copy
  EXPECT_EQ(match(cache, a.input()), block_ids({0}));
}

// An empty prompt is admitted with output token 0, which its first decode step stores once more
// (spec engine 6.4.3).
TEST(SingleTierCache, StoresTheFirstOutputOfAnEmptyPromptTwice) {
  SingleTierCache cache(4, 2);
  KvRequest r(0, 2, {}, {5, 6, 7});
  ASSERT_TRUE(cache.allocate(r.client(), 0, 0, {}));
  for (std::int64_t p = 0; p < 3; ++p) {
    r.set_progress(p);
    ASSERT_TRUE(cache.allocate(r.client(), p, p + 1, {}));
  }
  EXPECT_EQ(cache.used_blocks(), 2);
  EXPECT_EQ(match(cache, Tokens{5, 5, 6, 7}), block_ids({0, 1}));
  EXPECT_EQ(match(cache, Tokens{5, 6}), block_ids({}));
}

TEST(SingleTierCache, AppendsDecodeTokensAtOnceAsOneByOne) {
  SingleTierCache one_by_one(4, 8);
  SingleTierCache at_once(4, 8);
  KvRequest r(0, 8, token_run(0, 5), token_run(50, 9));
  for (SingleTierCache* cache : {&one_by_one, &at_once}) {
    ASSERT_TRUE(cache->allocate(r.client(), 0, 5, {}));
    EXPECT_EQ(cache->tokens_until_block_boundary(r.id()), 3);
  }
  for (std::int64_t p = 5; p < 8; ++p) {
    r.set_progress(p);
    ASSERT_TRUE(one_by_one.allocate(r.client(), p, p + 1, {}));
  }
  r.set_progress(5);
  at_once.append_decode_tokens(r.client(), 3);
  for (SingleTierCache* cache : {&one_by_one, &at_once}) {
    EXPECT_EQ(cache->tokens_until_block_boundary(r.id()), 0);
    EXPECT_EQ(match(*cache, r.sequence()), block_ids({0}));
  }
  EXPECT_EQ(at_once.tokens_until_block_boundary(RequestId(std::uint32_t{7})), 0);
}

TEST(SingleTierCache, TellsViewsWhatChangedOnBalance) {
  SingleTierCache cache(2, 2);
  KvRequest a(0, 2, {1, 2, 3, 4}, {});
  KvRequest b(1, 2, {8, 8, 9, 9}, {});
  const auto serve = [&cache](const KvRequest& r) {
    ASSERT_TRUE(cache.allocate(r.client(), 0, 4, {}));
    cache.release(r.id());
  };
  std::vector<IndexChange> changes;
  serve(a);
  cache.take_view_changes(changes);  // the first time: everything
  for (const auto& key : a.client().input_keys()) {
    EXPECT_THAT(changes, Contains(IndexChange{key, true}));
  }
  EXPECT_EQ(changes.size(), 2U);
  serve(b);
  serve(a);  // and back again
  cache.take_view_changes(changes);
  EXPECT_THAT(changes, IsEmpty());
  serve(b);
  cache.take_view_changes(changes);
  EXPECT_EQ(changes.size(), 4U);
  for (const auto& key : a.client().input_keys()) {
    EXPECT_THAT(changes, Contains(IndexChange{key, false}));
  }
}

}  // namespace
}  // namespace blis::kv
