// What holds of the tiers below the GPU whatever the load: the laws of spec kv-cache 12 that the
// tests of the single parts do not cover.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <vector>

#include "kv/legacy_cpu_cache.h"
#include "kv/offload_cache.h"
#include "testing/draw.h"
#include "testing/kv_chain.h"
#include "testing/kv_mini_engine.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::by_id;
using ::blis::testing::chain_config;
using ::blis::testing::concat;
using ::blis::testing::disk;
using ::blis::testing::Draw;
using ::blis::testing::keys_of;
using ::blis::testing::KvMiniEngine;
using ::blis::testing::KvRequest;
using ::blis::testing::match;
using ::blis::testing::token_run;
using ::blis::testing::Tokens;

constexpr std::int64_t kBlockBytes = 4096;

KvConfig cpu_config(std::int64_t gpu_blocks, std::int64_t cpu_blocks) {
  KvConfig config;
  config.total_blocks = gpu_blocks;
  config.block_size = 2;
  config.cpu_tier = {.cpu_blocks = cpu_blocks, .bandwidth_tokens_per_tick = 1};
  return config;
}

/// Places a whole prompt behind what is cached of it. False if it got no room or has to wait.
bool place(KvStore& cache, const KvRequest& r) {
  const auto cached = match(cache, r.input());
  const std::int64_t start = cache.block_size() * std::ssize(cached);
  return cache.allocate(r.client(), start, r.client().input_tokens, cached);
}

/// Which of the blocks that random prompts can have are findable on the GPU.
std::vector<bool> findable(const SingleTierCache& gpu) {
  std::vector<bool> found;
  for (std::int32_t prefix = 1; prefix <= 6; ++prefix) {
    for (const auto& key : keys_of(token_run(100 * prefix, 12), gpu.block_size())) {
      found.push_back(gpu.pool().contains(key));
    }
  }
  return found;
}

// Laws 10 and 23, last parts: copying a step's blocks to host memory changes nothing on the GPU,
// nor does giving blocks back change what can be found there.
RC_GTEST_PROP(TierLaws, CopyingAndReleasingLeaveTheGpuIndexAlone, ()) {
  const bool is_chain = *rc::gen::arbitrary<bool>();
  const auto cpu_blocks = *rc::gen::inRange<std::int64_t>(1, 20);
  LegacyCpuCache legacy(cpu_config(24, cpu_blocks));
  OffloadCache chain(chain_config(24, cpu_blocks, {disk(7)}), by_id);
  KvStore& cache = is_chain ? static_cast<KvStore&>(chain) : legacy;
  const SingleTierCache& gpu = is_chain ? chain.gpu() : legacy.gpu();
  std::uint32_t id = 0;
  for (int i = 0; i < 20; ++i) {
    cache.set_clock(Micros(100 * i));
    std::vector<KvRequest> batch;
    std::vector<KvClient> clients;
    for (int k = 0; k < 2; ++k) {
      const Tokens prompt = concat(token_run(100 * *rc::gen::inRange(1, 7), 8), Tokens{7, 7, 7});
      batch.emplace_back(id++, 2, prompt, Tokens{});
    }
    for (const KvRequest& r : batch) {
      if (place(cache, r)) clients.push_back(r.client());
    }
    const auto before = findable(gpu);
    const auto free = gpu.pool().free_list();
    cache.mirror(clients);
    RC_ASSERT(findable(gpu) == before);
    RC_ASSERT(gpu.pool().free_list() == free);
    for (const KvRequest& r : batch) cache.release(r.id());
    RC_ASSERT(findable(gpu) == before);
  }
}

/// Hit rate of rounds over prefixes, in a cache whose host memory may know some of them beforehand.
double hit_rate_after_rounds(std::int64_t gpu_blocks, int prefixes,
                             std::span<const bool> is_seeded) {
  LegacyCpuCache cache(cpu_config(gpu_blocks, 100'000));
  for (int k = 0; k < prefixes; ++k) {
    if (!is_seeded[static_cast<std::size_t>(k)]) continue;
    for (const auto& key : keys_of(token_run(1000 * (k + 1), 8), 2)) cache.cpu().store(key);
  }
  std::uint32_t id = 0;
  for (int round = 0; round < 3; ++round) {
    for (int k = 0; k < prefixes; ++k) {
      const auto own = static_cast<std::int32_t>(9'000'000 + 10 * ++id);
      const KvRequest r(id, 2, concat(token_run(1000 * (k + 1), 8), Tokens{own, own + 1}), {});
      RC_ASSERT(place(cache, r));
      cache.mirror(std::vector{r.client()});
      cache.release(r.id());
    }
  }
  return cache.hit_rate();
}

// Law 12, second part: what host memory knows beforehand never lowers the hit rate.
RC_GTEST_PROP(TierLaws, HostMemoryThatKnowsMoreNeverHarms, ()) {
  const auto prefixes = *rc::gen::inRange(1, 8);
  const auto gpu_blocks = *rc::gen::inRange<std::int64_t>(12, 80);
  std::array<bool, 8> seeded{};
  for (bool& is_seeded : seeded) is_seeded = *rc::gen::arbitrary<bool>();
  const std::array<bool, 8> none{};
  const double plain = hit_rate_after_rounds(gpu_blocks, prefixes, none);
  RC_ASSERT(hit_rate_after_rounds(gpu_blocks, prefixes, seeded) >= plain);
}

// Law 13: a call reloads no more blocks than were free when it began, so that none of them becomes
// a victim in it: all of them can be found afterwards.
RC_GTEST_PROP(TierLaws, ReloadsNoMoreThanIsFree, ()) {
  const auto gpu_blocks = *rc::gen::inRange<std::int64_t>(4, 12);
  LegacyCpuCache cache(cpu_config(gpu_blocks, 1000));
  const auto prompt_blocks = *rc::gen::inRange<std::size_t>(1, 14);
  const Tokens prompt = token_run(0, 2 * prompt_blocks);
  const auto keys = keys_of(prompt, 2);
  for (const auto& key : keys) cache.cpu().store(key);
  const auto held = *rc::gen::inRange<std::int64_t>(0, gpu_blocks);
  const KvRequest other(0, 2, token_run(5000, static_cast<std::size_t>(2 * held)), {});
  if (held > 0) RC_ASSERT(cache.allocate(other.client(), 0, 2 * held, {}));
  const std::int64_t free = cache.gpu().pool().free_blocks();

  const KvRequest r(1, 2, prompt, {});
  const bool fits = cache.allocate(r.client(), 0, r.client().input_tokens, {});
  const std::int64_t reloaded = cache.reloaded_blocks();
  RC_ASSERT(reloaded == std::min<std::int64_t>(free, std::ssize(keys)));
  RC_ASSERT(fits == (std::ssize(keys) <= free));
  RC_ASSERT(std::ssize(match(cache, prompt)) == reloaded);
  cache.gpu().pool().audit();
}

// Law 15: every write holds its block once, every block that is on its way is being read.
RC_GTEST_PROP(TierLaws, TransfersAreWhatTheCopiesSay, ()) {
  Draw draw(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<SecondaryTierConfig> tiers{disk(20, 2)};
  if (draw.one_in(2)) tiers.push_back(disk(3, 1));
  OffloadTiers chain(*chain_config(1, draw.between(2, 12), tiers).offload, 42);
  std::vector<request::BlockKey> keys;
  for (std::int32_t k = 0; k < 20; ++k) keys.push_back(keys_of(token_run(10 * k, 2), 2)[0]);
  std::int64_t now = 0;
  for (int i = 0; i < 200; ++i) {
    const auto& key = keys[static_cast<std::size_t>(draw.between(0, 19))];
    const bool is_absent = chain.cpu().lookup(key) == CpuLookup::kMiss;
    if (draw.one_in(3)) {
      chain.set_clock(Micros(now += draw.between(0, 300)));
    } else if (const auto tier = chain.storage_tier_of(key); is_absent && tier) {
      static_cast<void>(chain.promote({.tier = *tier, .keys = {key}}));
    } else if (is_absent) {
      static_cast<void>(chain.store(key));
    }
    std::int64_t transfers = 0;
    std::int64_t idle = 0;
    for (const auto& one : keys) {
      if (chain.cpu().lookup(one) == CpuLookup::kMiss) continue;
      const std::int32_t count = chain.cpu().transfers(one);
      transfers += count < 0 ? 1 : count;
      idle += count == 0 ? 1 : 0;
    }
    RC_ASSERT(transfers == chain.transfers_in_flight());
    RC_ASSERT(idle == chain.cpu().evictable());
  }
}

/// A chain whose storage holds `prompt`, and neither its GPU nor its host memory does. Ends at a
/// clock below 1 s.
void put_into_storage(OffloadCache& cache, const Tokens& prompt) {
  const auto run_prompt = [&cache](std::uint32_t id, const Tokens& tokens, std::int64_t now) {
    const KvRequest r(id, 2, tokens, {});
    cache.set_clock(Micros(now));
    RC_ASSERT(cache.allocate(r.client(), 0, r.client().input_tokens, {}));
    cache.mirror(std::vector{r.client()});
    cache.release(r.id());
  };
  run_prompt(90, prompt, 1);
  cache.set_clock(Micros(300'000));
  const auto all = static_cast<std::size_t>(2 * cache.total_blocks());
  run_prompt(91, token_run(50'000, all), 300'001);
  cache.set_clock(Micros(600'000));
  for (const auto& key : keys_of(prompt, 2)) {
    RC_ASSERT(!cache.gpu().pool().contains(key));
    RC_ASSERT(cache.tiers().cpu().lookup(key) == CpuLookup::kMiss);
    RC_ASSERT(cache.tiers().storage_tier_of(key).has_value());
  }
}

/// One engine step: true if the request is admitted in it.
bool step(OffloadCache& cache, const KvRequest& r, std::int64_t now) {
  std::vector<RequestId> deferred;
  cache.set_clock(Micros(now));
  cache.poll_deferred(Micros(now), deferred);
  return std::ranges::find(deferred, r.id()) == deferred.end() && place(cache, r);
}

// Law 17: what only storage has comes to the GPU by way of host memory.
RC_GTEST_PROP(TierLaws, StorageReachesTheGpuThroughHostMemory, ()) {
  const auto blocks = *rc::gen::inRange<std::int64_t>(1, 8);
  const auto step_us = *rc::gen::inRange<std::int64_t>(1, 400);
  OffloadCache cache(chain_config(10, 10, {disk(*rc::gen::inRange(100, 9000))}), by_id);
  const Tokens prompt = token_run(0, static_cast<std::size_t>(2 * blocks));
  put_into_storage(cache, prompt);
  const auto keys = keys_of(prompt, 2);
  const KvRequest r(1, 2, concat(prompt, Tokens{7}), {});
  std::vector<CpuLookup> was(keys.size(), CpuLookup::kMiss);
  std::int64_t now = 1'000'000;
  for (bool is_admitted = false; !is_admitted; now += step_us) {
    is_admitted = step(cache, r, now);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const CpuLookup is = cache.tiers().cpu().lookup(keys[i]);
      RC_ASSERT(is >= was[i]);  // absent, on its way, there
      RC_ASSERT(is != CpuLookup::kHit || was[i] != CpuLookup::kMiss);
      RC_ASSERT(!cache.gpu().pool().contains(keys[i]) || is == CpuLookup::kHit);
      was[i] = is;
    }
  }
  RC_ASSERT(std::ssize(match(cache, prompt)) == blocks);
  RC_ASSERT(cache.reloaded_blocks() == blocks);
}

// Law 18: whoever looks first in a step starts the read; those behind find it under way.
RC_GTEST_PROP(TierLaws, OneReadServesAllWhoLookInAStep, ()) {
  const auto blocks = *rc::gen::inRange<std::int64_t>(1, 4);
  OffloadCache cache(chain_config(10, 10, {disk(100)}), by_id);
  const Tokens prompt = token_run(0, static_cast<std::size_t>(2 * blocks));
  put_into_storage(cache, prompt);
  cache.set_clock(Micros(1'000'000));
  for (std::uint32_t id = 1; id <= 2; ++id) {
    KvRequest half(id, 2, prompt, {1});
    half.set_decode_sub_request();
    RC_ASSERT(cache.allocate(half.client(), 0, half.client().input_tokens, {}));
    RC_ASSERT(cache.tiers().promotions_fired() == 1);
    cache.release(half.id());
  }
}

/// What a chain brings back from storage for two prompts, of which each is in one of the tiers.
std::set<std::uint64_t> promoted(const std::vector<SecondaryTierConfig>& tiers,
                                 const std::vector<StorageRun>& runs) {
  OffloadTiers chain(*chain_config(1, 100, tiers).offload, 42);
  std::set<std::uint64_t> keys;
  for (const StorageRun& run : runs) {
    if (!chain.promote(run)) continue;
    for (const auto& key : run.keys) {
      if (chain.cpu().lookup(key) == CpuLookup::kPending) keys.insert(key.low);
    }
  }
  return keys;
}

// Law 19: which keys come back does not depend on the order of tiers with different contents, nor
// on a tier that nobody reads.
RC_GTEST_PROP(TierLaws, OrderOfTiersDoesNotDecideWhatComesBack, ()) {
  std::vector<StorageRun> runs(2);
  std::vector<StorageRun> swapped(2);
  for (std::int32_t tier = 0; tier < 2; ++tier) {
    const auto count = *rc::gen::inRange<std::size_t>(1, 10);
    const auto index = static_cast<std::size_t>(tier);
    runs[index] = {.tier = tier, .keys = keys_of(token_run(1000 * tier, 2 * count), 2)};
    swapped[index] = {.tier = 1 - tier, .keys = runs[index].keys};
  }
  const auto expected = promoted({disk(7), disk(900)}, runs);
  RC_ASSERT(expected.size() == runs[0].keys.size() + runs[1].keys.size());
  RC_ASSERT(promoted({disk(900), disk(7)}, swapped) == expected);
  RC_ASSERT(promoted({disk(7), disk(900), disk(1)}, runs) == expected);
}

/// Whether host memory of `cpu_blocks`, half a second after so many blocks began to be written, has
/// room to read a run of three.
bool grants_a_read(std::int64_t cpu_blocks, std::int32_t written, double bandwidth) {
  OffloadTiers chain(*chain_config(1, cpu_blocks, {disk(bandwidth, 1)}).offload, 42);
  for (std::int32_t k = 0; k < written; ++k) {
    static_cast<void>(chain.store(keys_of(token_run(1000 + 10 * k, 2), 2)[0]));
  }
  chain.set_clock(Micros(500'000));
  return chain.promote({.tier = 0, .keys = keys_of(token_run(0, 6), 2)});
}

// Law 20: slower writes hold their blocks longer, and so can only refuse reads that faster ones
// allow.
RC_GTEST_PROP(TierLaws, SlowerWritesNeverAllowAReadThatFasterOnesRefuse, ()) {
  const auto cpu_blocks = *rc::gen::inRange<std::int64_t>(1, 12);
  const auto written = *rc::gen::inRange(0, 20);
  const double slow = *rc::gen::inRange(1, 500) / 10.0;
  const double fast = slow * *rc::gen::inRange(1, 20);
  RC_ASSERT(grants_a_read(cpu_blocks, written, fast) || !grants_a_read(cpu_blocks, written, slow));
}

/// Steps until a prompt that lies in storage is admitted.
int steps_to_wait(double bandwidth, std::int64_t blocks, std::int64_t step_us) {
  OffloadCache cache(chain_config(10, 10, {disk(bandwidth)}), by_id);
  const Tokens prompt = token_run(0, static_cast<std::size_t>(2 * blocks));
  put_into_storage(cache, prompt);
  const KvRequest r(1, 2, concat(prompt, Tokens{7}), {});
  int steps = 1;
  for (std::int64_t now = 1'000'000; !step(cache, r, now); now += step_us) ++steps;
  return steps;
}

// Law 21: the wait is counted in steps. While the read is shorter than one, neither the bandwidth
// nor the length of the step matters.
RC_GTEST_PROP(TierLaws, WaitForStorageIsCountedInSteps, ()) {
  const auto blocks = *rc::gen::inRange<std::int64_t>(1, 8);
  const auto bandwidth = static_cast<double>(*rc::gen::inRange(100, 9000));
  const auto longest_read =
      80 + static_cast<std::int64_t>(static_cast<double>(2 * blocks * kBlockBytes) / bandwidth);
  const std::int64_t step_us = longest_read + *rc::gen::inRange<std::int64_t>(1, 1000);
  RC_ASSERT(steps_to_wait(bandwidth, blocks, step_us) == 3);
  RC_ASSERT(steps_to_wait(bandwidth / 2, blocks, step_us) == 3);
  RC_ASSERT(steps_to_wait(bandwidth, blocks, 3 * step_us) == 3);
}

// Law 23: of a prompt-only chain, host memory has the leading full blocks of the prompt and no
// others.
RC_GTEST_PROP(TierLaws, PromptOnlyCopiesTheFullBlocksOfThePrompt, ()) {
  const auto input = *rc::gen::inRange<std::size_t>(1, 20);
  const auto output = *rc::gen::inRange<std::size_t>(0, 12);
  OffloadCache cache(chain_config(40, 40, {}), by_id);
  KvRequest r(0, 2, token_run(0, input), token_run(100, output));
  const auto end = static_cast<std::int64_t>(input);
  RC_ASSERT(cache.allocate(r.client(), 0, end, {}));
  for (std::int64_t p = end; p < end + r.client().output_tokens; ++p) {
    r.set_progress(p);
    RC_ASSERT(cache.allocate(r.client(), p, p + 1, {}));
    cache.mirror(std::vector{r.client()});
  }
  cache.mirror(std::vector{r.client()});
  const auto keys = keys_of(r.sequence(), 2);
  const std::size_t copied = input / 2;
  RC_ASSERT(cache.tiers().cpu().used() == static_cast<std::int64_t>(copied));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool is_there = cache.tiers().cpu().lookup(keys[i]) == CpuLookup::kHit;
    RC_ASSERT(is_there == (i < copied));
  }
}

/// When each of 12 blocks, written at once, is in tier `watched`.
std::vector<std::int64_t> arrivals_in(const std::vector<SecondaryTierConfig>& tiers,
                                      std::size_t watched) {
  OffloadTiers chain(*chain_config(1, 20, tiers).offload, 42);
  std::vector<std::int64_t> arrivals;
  for (std::int32_t k = 0; k < 12; ++k) {
    static_cast<void>(chain.store(keys_of(token_run(10 * k, 2), 2)[0]));
  }
  for (std::int64_t now = 1; now < 2000; ++now) {
    chain.set_clock(Micros(now));
    // A clock that goes back is harmless.
    chain.set_clock(Micros(now / 2));
    const auto count = chain.stored_blocks(static_cast<std::int32_t>(watched));
    while (std::ssize(arrivals) < count) arrivals.push_back(now);
  }
  return arrivals;
}

// Law 24: a tier without jitter draws nothing, so that the tiers with jitter beside it draw the
// same.
RC_GTEST_PROP(TierLaws, TiersWithoutJitterDrawNothing, ()) {
  SecondaryTierConfig jittery = disk(7000);
  jittery.device.latency_jitter_stddev = *rc::gen::inRange(1, 60) / 100.0;
  const auto alone = arrivals_in({jittery}, 0);
  RC_ASSERT(alone.size() == 12);
  RC_ASSERT(arrivals_in({disk(7000), jittery}, 1) == alone);
  RC_ASSERT(arrivals_in({jittery, disk(50), disk(900)}, 0) == alone);
  RC_ASSERT(arrivals_in({disk(50), jittery}, 1) == arrivals_in({disk(50), jittery}, 1));
}

}  // namespace
}  // namespace blis::kv
