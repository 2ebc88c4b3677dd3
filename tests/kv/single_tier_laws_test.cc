// The GPU tier against the token-keeping model on random operations. SOURCE spec kv-cache 12, laws
// 1 to 9.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "random/random_stream.h"
#include "testing/kv_mini_engine.h"
#include "testing/kv_operations.h"

namespace blis::kv {
namespace {

using ::blis::testing::KvMiniEngine;
using ::blis::testing::KvOperations;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;
using ::blis::testing::Tokens;

RC_GTEST_PROP(SingleTierLaws, ActsLikeTheTokenKeepingModel, ()) {
  const auto total_blocks = *rc::gen::inRange<std::int64_t>(1, 14);
  const auto block_size = *rc::gen::inRange<std::int64_t>(1, 5);
  random::RandomStream stream(*rc::gen::arbitrary<std::int64_t>());
  auto choices_left = *rc::gen::inRange(0, 6000);
  KvOperations operations(total_blocks, block_size,
                          [&](std::uint32_t n) -> std::optional<std::uint32_t> {
                            if (choices_left-- <= 0) return std::nullopt;
                            return stream.uint32() % n;
                          });
  RC_ASSERT(operations.run() == "");
}

// Law 6: after a release, popping j blocks takes exactly the last j blocks of the prompt.
RC_GTEST_PROP(SingleTierLaws, EvictsAReleasedPromptFromItsEnd, ()) {
  const auto prompt_blocks = *rc::gen::inRange<std::int64_t>(1, 12);
  const auto taken_blocks = *rc::gen::inRange<std::int64_t>(0, prompt_blocks + 1);
  SingleTierCache cache(prompt_blocks, 4);
  KvRequest a(0, 4, token_run(0, static_cast<std::size_t>(4 * prompt_blocks)), {});
  RC_ASSERT(cache.allocate(a.client(), 0, 4 * prompt_blocks, {}));
  cache.release(a.id());
  KvRequest b(1, 4, token_run(1000, static_cast<std::size_t>(4 * taken_blocks)), {});
  if (taken_blocks > 0) RC_ASSERT(cache.allocate(b.client(), 0, 4 * taken_blocks, {}));
  RC_ASSERT(std::ssize(match(cache, a.input())) == prompt_blocks - taken_blocks);
}

// Law 5, on whatever a run of the mini-engine has left in the cache.
RC_GTEST_PROP(SingleTierLaws, MatchesOfPrefixesArePrefixesOfMatches, ()) {
  SingleTierCache cache(*rc::gen::inRange<std::int64_t>(6, 40),
                        *rc::gen::inRange<std::int64_t>(1, 5));
  KvMiniEngine engine(cache, cache, *rc::gen::arbitrary<std::uint64_t>());
  engine.run(40);
  // The mini-engine's prompts begin with one of these.
  const Tokens prompt = token_run(100 * *rc::gen::inRange(1, 7), 12);
  const auto all = match(cache, prompt);
  for (std::size_t n = 0; n <= prompt.size(); ++n) {
    const auto some = match(cache, std::span(prompt).first(n));
    RC_ASSERT(some.size() ==
              std::min(all.size(), n / static_cast<std::size_t>(cache.block_size())));
    RC_ASSERT(std::equal(some.begin(), some.end(), all.begin()));
  }
}

// Law 7: a request that decodes until there is no block, is thrown out and comes back, leaves
// nothing behind.
RC_GTEST_PROP(SingleTierLaws, PreemptionCyclesLoseNoBlock, ()) {
  const auto total = *rc::gen::inRange<std::int64_t>(2, 10);
  const auto block_size = *rc::gen::inRange<std::int64_t>(1, 5);
  const auto tokens = static_cast<std::size_t>(total * block_size);
  SingleTierCache cache(total, block_size);
  const auto input = *rc::gen::inRange<std::size_t>(1, tokens + 1);
  KvRequest r(0, block_size, token_run(0, input), token_run(1000, tokens));
  for (int cycle = 0; cycle < 10; ++cycle) {
    r.set_progress(0);
    const auto cached = match(cache, r.input());
    const auto end = static_cast<std::int64_t>(input);
    RC_ASSERT(cache.allocate(r.client(), block_size * std::ssize(cached), end, cached));
    r.set_progress(end);
    while (r.progress() < end + r.client().output_tokens &&
           cache.allocate(r.client(), r.progress(), r.progress() + 1, {})) {
      r.set_progress(r.progress() + 1);
    }
    cache.pool().audit();
    cache.release(r.id());
    RC_ASSERT(cache.used_blocks() == 0);
    RC_ASSERT(std::ssize(cache.pool().free_list()) == total);
  }
}

// Law 8: the counters only grow, and hits only by what somebody holds from then on.
RC_GTEST_PROP(SingleTierLaws, HitsAndMissesOnlyGrow, ()) {
  SingleTierCache cache(*rc::gen::inRange<std::int64_t>(6, 40),
                        *rc::gen::inRange<std::int64_t>(1, 5));
  KvMiniEngine engine(cache, cache, *rc::gen::arbitrary<std::uint64_t>());
  for (int i = 0; i < 60; ++i) {
    const std::int64_t hits = cache.hits();
    const std::int64_t misses = cache.misses();
    engine.run(1);
    RC_ASSERT(cache.hits() >= hits);
    RC_ASSERT(cache.misses() >= misses);
    const std::int64_t counted = cache.hits() + cache.misses();
    match(cache, token_run(100, 12));
    std::vector<IndexChange> changes;
    cache.take_view_changes(changes);
    RC_ASSERT(cache.hits() + cache.misses() == counted);
  }
}

// Guesses of every kind, right, out of date or nonsense, change nothing but the cost.
RC_GTEST_PROP(SingleTierLaws, GuessesDoNotChangeAMatch, ()) {
  SingleTierCache cache(*rc::gen::inRange<std::int64_t>(6, 40),
                        *rc::gen::inRange<std::int64_t>(1, 5));
  KvMiniEngine engine(cache, cache, *rc::gen::arbitrary<std::uint64_t>());
  const auto prefix = *rc::gen::inRange(1, 7);
  const Tokens prompt = token_run(100 * prefix, 12);
  std::vector<BlockId> guesses;
  std::vector<BlockId> guessed;
  for (int i = 0; i < 30; ++i) {
    engine.run(*rc::gen::inRange(0, 3));
    const auto matched = match(cache, prompt);
    cache.match_as_guessed(blis::testing::keys_of(prompt, cache.block_size()), guesses, guessed);
    RC_ASSERT(guessed == matched);
    guesses = matched;
    if (*rc::gen::inRange(0, 4) == 0) guesses.assign(4, BlockId(*rc::gen::inRange(0U, 50U)));
    if (*rc::gen::inRange(0, 8) == 0) guesses.assign(2, BlockId::none());
  }
}

}  // namespace
}  // namespace blis::kv
