// What a scheduled prefill costs in each kind of cache: looked up, placed, copied to the tiers
// below after its step, given back.
//
// Two extremes of tiers: host memory that keeps everything, so that every block of every prompt is
// reloaded from it, and host memory that has forgotten a prompt when it comes again, so that every
// block is copied, an older copy evicted for it, and, with storage, written. Neither happens in
// every step of a real run.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "kv/kv_factory.h"
#include "request/block_keys.h"

namespace blis::kv {
namespace {

constexpr std::int64_t kBlockSize = 16;
constexpr std::int64_t kInput = 2048;
constexpr std::int64_t kBlocksPerPrompt = kInput / kBlockSize;
constexpr std::uint32_t kPrompts = 512;

/// Prompts of which each begins as one of 16 others do, for `shared` tokens.
std::vector<std::shared_ptr<const request::TokenKeys>> make_prompts(std::int64_t shared) {
  std::vector<std::shared_ptr<const request::TokenKeys>> prompts;
  for (std::uint32_t id = 0; id < kPrompts; ++id) {
    std::vector<std::int32_t> tokens;
    for (std::int64_t i = 0; i < kInput; ++i) {
      const std::int64_t own = i < shared ? 5000 * (id % 16) : 1'000'000 + 7919 * id;
      tokens.push_back(static_cast<std::int32_t>(own + i));
    }
    request::BlockKeyChain chain(kBlockSize);
    chain.append(tokens);
    prompts.push_back(request::make_token_keys(std::move(chain), {}));
  }
  return prompts;
}

enum Kind : std::int64_t { kSingle, kCpu, kOffload, kOffloadStorage, kCpuForgets, kOffloadForgets };

KvConfig config_of(Kind kind) {
  KvConfig config;
  config.total_blocks = 64 * kBlocksPerPrompt;
  config.block_size = kBlockSize;
  const bool forgets = kind == kCpuForgets || kind == kOffloadForgets;
  const std::int64_t cpu_blocks = forgets ? 128 * kBlocksPerPrompt : 1 << 20;
  if (kind == kCpu || kind == kCpuForgets) config.cpu_tier.cpu_blocks = cpu_blocks;
  if (kind == kOffload || kind == kOffloadStorage || kind == kOffloadForgets) {
    OffloadConfig& chain = config.offload.emplace();
    chain.cpu_bytes_to_use = cpu_blocks;
    chain.per_block_bytes = 1;
    chain.block_size = kBlockSize;
  }
  if (kind == kOffloadStorage) {
    SecondaryTierConfig disk;
    disk.device = {.read_bandwidth = 7000, .write_bandwidth = 5000, .base_latency = 80};
    config.offload->secondary_tiers = {disk};
  }
  return config;
}

/// One prefill per iteration, after each prompt was seen twice: arguments are the kind and the
/// shared tokens.
void scheduled_prefill(benchmark::State& state) {
  const auto prompts = make_prompts(state.range(1));
  const auto kind = static_cast<Kind>(state.range(0));
  const auto cache = make_kv_store(config_of(kind), [](RequestId a, RequestId b) { return a < b; });
  std::uint32_t next = 0;
  std::int64_t now = 0;
  std::vector<BlockId> cached;
  std::vector<RequestId> deferred;
  const auto prefill = [&] {
    const request::TokenKeys& keys = *prompts[next % kPrompts];
    const KvClient r{.id = RequestId(next++), .input_tokens = kInput, .keys = &keys};
    cache->set_clock(Micros(now += 10'000));
    deferred.clear();
    if (cache->supports_deferral()) cache->poll_deferred(Micros(now), deferred);
    cache->match(r.input_keys(), cached);
    const std::int64_t start = kBlockSize * std::ssize(cached);
    BLIS_CHECK(cache->allocate(r, start, kInput, cached), "no room");
    const std::vector<KvClient> batch{r};
    if (cache->needs_mirror() && !cache->mirror_changed(batch)) cache->mirror(batch);
    cache->release(r.id);
  };
  for (std::uint32_t i = 0; i < 2 * kPrompts; ++i) prefill();
  for (auto _ : state) prefill();
  BLIS_CHECK(cache->used_blocks() == 0, "blocks were lost");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(scheduled_prefill)
    ->ArgNames({"kind", "shared"})
    ->ArgsProduct({{kSingle, kCpu, kOffload, kOffloadStorage, kCpuForgets, kOffloadForgets},
                   {0, 1024}});

}  // namespace
}  // namespace blis::kv
