// The GPU tier's hot paths. Every benchmark checks its end state before its time counts.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "kv/single_tier_cache.h"
#include "request/block_keys.h"

namespace blis::kv {
namespace {

constexpr std::int64_t kBlockSize = 16;

/// Keys of a request whose input starts with `shared` and goes on with tokens of its own.
std::shared_ptr<const request::TokenKeys> make_keys(std::int32_t id, std::int64_t input,
                                                    std::int64_t output, std::int64_t shared = 0) {
  std::vector<std::int32_t> tokens;
  for (std::int64_t i = 0; i < input + output; ++i) {
    tokens.push_back(static_cast<std::int32_t>(i < shared ? i : 1'000'000 + 7919 * id + i));
  }
  const std::span<const std::int32_t> all(tokens);
  request::BlockKeyChain chain(kBlockSize);
  chain.append(all.first(static_cast<std::size_t>(input)));
  return request::make_token_keys(std::move(chain), all.subspan(static_cast<std::size_t>(input)));
}

KvClient client(std::uint32_t id, std::int64_t input, std::int64_t output,
                const request::TokenKeys& keys) {
  return {.id = RequestId(id), .input_tokens = input, .output_tokens = output, .keys = &keys};
}

void construct(benchmark::State& state) {
  for (auto _ : state) {
    SingleTierCache cache(state.range(0), kBlockSize);
    benchmark::DoNotOptimize(&cache);
  }
}
BENCHMARK(construct)->Arg(1'000)->Arg(10'000'000);

/// A prompt is taken and given back: blocks per second.
void prefill_and_release(benchmark::State& state) {
  const std::int64_t input = state.range(0);
  std::vector<std::shared_ptr<const request::TokenKeys>> keys;
  for (std::int32_t id = 0; id < 64; ++id) keys.push_back(make_keys(id, input, 0));
  SingleTierCache cache(64 * input / kBlockSize / 2, kBlockSize);
  std::uint32_t next = 0;
  for (auto _ : state) {
    const KvClient r = client(next, input, 0, *keys[next % keys.size()]);
    BLIS_CHECK(cache.allocate(r, 0, input, {}), "no room");
    cache.release(r.id);
    ++next;
  }
  BLIS_CHECK(cache.used_blocks() == 0, "blocks were lost");
  cache.pool().audit();
  state.SetItemsProcessed(state.iterations() * (input / kBlockSize));
}
BENCHMARK(prefill_and_release)->Arg(512)->Arg(8192);

/// A prompt whose first 4096 tokens are cached is looked up and claimed: blocks per second.
void match_and_claim(benchmark::State& state) {
  constexpr std::int64_t kShared = 4096, kInput = 4096 + 24;
  std::vector<std::shared_ptr<const request::TokenKeys>> keys;
  for (std::int32_t id = 0; id < 64; ++id) keys.push_back(make_keys(id, kInput, 0, kShared));
  SingleTierCache cache(100'000, kBlockSize);
  std::vector<BlockId> cached;
  std::uint32_t next = 0;
  for (auto _ : state) {
    const KvClient r = client(next, kInput, 0, *keys[next % keys.size()]);
    cache.match(r.input_keys(), cached);
    const std::int64_t start = kBlockSize * std::ssize(cached);
    BLIS_CHECK(cache.allocate(r, start, kInput, cached), "no room");
    cache.release(r.id);
    ++next;
  }
  BLIS_CHECK(next < 2 || cached.size() >= kShared / kBlockSize, "the prefix was not found");
  state.SetItemsProcessed(state.iterations() * (kShared / kBlockSize));
}
BENCHMARK(match_and_claim);

/// 256 running requests, one output token each per iteration: tokens per second.
void decode_one_by_one(benchmark::State& state) {
  constexpr std::uint32_t kBatch = 256;
  constexpr std::int64_t kInput = 500, kOutput = 1600;
  std::vector<std::shared_ptr<const request::TokenKeys>> keys;
  for (std::uint32_t id = 0; id < kBatch; ++id) {
    keys.push_back(make_keys(static_cast<std::int32_t>(id), kInput, kOutput));
  }
  SingleTierCache cache(100'000, kBlockSize);
  std::int64_t progress = kInput + kOutput;
  for (auto _ : state) {
    if (progress == kInput + kOutput) {
      state.PauseTiming();
      for (std::uint32_t id = 0; id < kBatch; ++id) {
        cache.release(RequestId(id));
        BLIS_CHECK(cache.allocate(client(id, kInput, kOutput, *keys[id]), 0, kInput, {}), "room");
      }
      progress = kInput;
      state.ResumeTiming();
    }
    for (std::uint32_t id = 0; id < kBatch; ++id) {
      KvClient r = client(id, kInput, kOutput, *keys[id]);
      r.progress = progress;
      BLIS_CHECK(cache.allocate(r, progress, progress + 1, {}), "no room");
    }
    ++progress;
  }
  BLIS_CHECK(cache.used_blocks() == kBatch * ((progress + kBlockSize - 1) / kBlockSize),
             "wrong number of blocks");
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(decode_one_by_one);

/// The same tokens, a block at a time: tokens per second.
void decode_block_by_block(benchmark::State& state) {
  constexpr std::uint32_t kBatch = 256;
  constexpr std::int64_t kInput = 512, kOutput = 1600;
  std::vector<std::shared_ptr<const request::TokenKeys>> keys;
  for (std::uint32_t id = 0; id < kBatch; ++id) {
    keys.push_back(make_keys(static_cast<std::int32_t>(id), kInput, kOutput));
  }
  SingleTierCache cache(100'000, kBlockSize);
  std::int64_t progress = kInput + kOutput;
  for (auto _ : state) {
    if (progress == kInput + kOutput) {
      state.PauseTiming();
      for (std::uint32_t id = 0; id < kBatch; ++id) {
        cache.release(RequestId(id));
        BLIS_CHECK(cache.allocate(client(id, kInput, kOutput, *keys[id]), 0, kInput, {}), "room");
      }
      progress = kInput;
      state.ResumeTiming();
    }
    for (std::uint32_t id = 0; id < kBatch; ++id) {
      KvClient r = client(id, kInput, kOutput, *keys[id]);
      r.progress = progress;
      BLIS_CHECK(cache.allocate(r, progress, progress + 1, {}), "no room");
      r.progress = progress + 1;
      cache.append_decode_tokens(r, cache.tokens_until_block_boundary(r.id));
    }
    progress += kBlockSize;
  }
  BLIS_CHECK(cache.used_blocks() == kBatch * (progress / kBlockSize), "wrong number of blocks");
  state.SetItemsProcessed(state.iterations() * kBatch * kBlockSize);
}
BENCHMARK(decode_block_by_block);

/// Taking the changes for the view of routers after a few of them, over a full index of `range`
/// blocks.
void take_few_view_changes(benchmark::State& state) {
  const std::int64_t input = state.range(0) * kBlockSize;
  const auto large = make_keys(0, input, 0);
  const auto small = make_keys(1, 64, 0);
  SingleTierCache cache(state.range(0), kBlockSize);
  BLIS_CHECK(cache.allocate(client(0, input, 0, *large), 0, input, {}), "no room");
  cache.release(RequestId(0U));
  std::vector<IndexChange> changes;
  cache.take_view_changes(changes);
  std::uint32_t next = 1;
  for (auto _ : state) {
    const KvClient r = client(next++, 64, 0, *small);
    BLIS_CHECK(cache.allocate(r, 0, 64, {}), "no room");
    cache.release(r.id);
    cache.take_view_changes(changes);
  }
}
BENCHMARK(take_few_view_changes)->Arg(1'000)->Arg(1'000'000);

}  // namespace
}  // namespace blis::kv
