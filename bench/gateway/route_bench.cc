// What it costs to route one request, with the default scorers and with others: reading the signals
// for admission and for routing, scoring every candidate, choosing, and counting the request in
// flight.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "gateway/routing_policy.h"
#include "gateway/scorer_config.h"
#include "gateway/signals.h"
#include "kv/single_tier_cache.h"
#include "random/random_stream.h"

namespace blis::gateway {
namespace {

constexpr std::int64_t kBlockSize = 16;
constexpr std::int64_t kPromptBlocks = 64;
constexpr std::int64_t kInterarrivalUs = 500;  // 100 requests between two scrapes
constexpr std::uint32_t kRequests = 4096;      // different ones

/// Next pseudo-random number; only to spread loads.
std::uint64_t step(std::uint64_t& state) {
  state = state * 6364136223846793005 + 1442695040888963407;
  return state >> 33;
}

/// Reports loads that differ from instance to instance and from scrape to scrape.
class BusySource final : public SignalSource {
 public:
  explicit BusySource(std::uint64_t seed) : random_(seed) {}
  void read(InstanceSignals& signals, InstanceDetails& /*details*/) const override {
    signals.waiting_requests = static_cast<std::int32_t>(step(random_) % 64);
    signals.running_requests = static_cast<std::int32_t>(step(random_) % 256);
    signals.kv_utilization_ratio = static_cast<double>(step(random_) % 1024) / 1024.0;
  }

 private:
  mutable std::uint64_t random_;
};

std::shared_ptr<const request::TokenKeys> keys_of(std::int32_t id, std::int64_t shared_blocks) {
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < kPromptBlocks * kBlockSize; ++i) {
    tokens.push_back(i < shared_blocks * kBlockSize ? i : 1'000'000 + 7919 * id + i);
  }
  request::BlockKeyChain chain(kBlockSize);
  chain.append(tokens);
  return request::make_token_keys(std::move(chain), {});
}

/// Of the 64 blocks of a prompt, how many are like everybody's, and of how many anybody knows what
/// is in them: the others are like nobody's and have no keys.
struct Prompts {
  std::int64_t shared_blocks;
  std::size_t known_blocks;
};

/// `num_instances` instances with full caches, each of which served another part of the requests.
class Fleet {
 public:
  Fleet(std::int64_t num_instances, const Prompts& prompts)
      : prompts_(prompts),
        book_({.refresh_interval = Micros(50'000), .cache_signal_delay = Micros(50'000)}, true) {
    for (std::uint32_t id = 0; id < kRequests; ++id) {
      keys_.push_back(keys_of(static_cast<std::int32_t>(id), prompts.shared_blocks));
    }
    for (std::int64_t i = 0; i < num_instances; ++i) {
      // 1,000 blocks: prompts of earlier traffic, then every 512th request.
      caches_.push_back(std::make_unique<kv::SingleTierCache>(1'000, kBlockSize));
      for (std::int32_t old = 0; old < 14; ++old) {
        serve(i, 1'000'000 + static_cast<std::uint32_t>(old),
              *keys_of(static_cast<std::int32_t>(100'000 + 20 * i + old), 0));
      }
      for (std::uint32_t id = static_cast<std::uint32_t>(i) % 512; id < kRequests; id += 512) {
        serve(i, id, *keys_[id]);
      }
      book_.add_source(std::make_unique<BusySource>(static_cast<std::uint64_t>(i)),
                       caches_.back().get(), {});
    }
    // A little has changed since the caches were frozen.
    for (std::int64_t i = 0; i < num_instances; ++i) {
      serve(i, 2'000'000, *keys_of(static_cast<std::int32_t>(500'000 + i), 0));
    }
  }

  SignalBook& book() { return book_; }
  /// One instance caches something else.
  void change_a_cache(std::uint32_t random) {
    const std::uint32_t instance = random % static_cast<std::uint32_t>(caches_.size());
    serve(instance, 3'000'000, *keys_[random % kRequests]);
  }
  RouteQuery query(std::uint32_t id) const {
    RouteQuery query;
    query.request = RequestId(id);
    query.input_tokens = kPromptBlocks * kBlockSize;
    query.input_blocks = kPromptBlocks;
    query.input_keys = std::span(keys_[id]->sequence).first(prompts_.known_blocks);
    query.priority = 3;
    return query;
  }

 private:
  void serve(std::int64_t instance, std::uint32_t id, const request::TokenKeys& keys) {
    kv::SingleTierCache& cache = *caches_[static_cast<std::size_t>(instance)];
    const kv::KvClient client{.id = RequestId(id),
                              .input_tokens = kPromptBlocks * kBlockSize,
                              .output_tokens = 0,
                              .keys = &keys};
    BLIS_CHECK(cache.allocate(client, 0, kPromptBlocks * kBlockSize, {}), "no room");
    cache.release(client.id);
  }

  Prompts prompts_;
  std::vector<std::shared_ptr<const request::TokenKeys>> keys_;
  std::vector<std::unique_ptr<kv::SingleTierCache>> caches_;
  SignalBook book_;
};

/// One request per iteration among `range` instances.
void BM_Route(benchmark::State& state, const std::string& policy, const std::string& scorers,
              const Prompts& prompts) {
  Fleet fleet(state.range(0), prompts);
  SignalBook& book = fleet.book();
  const auto router = find_routing_policy(policy)->make(
      {parse_scorers(scorers, "scorers"), &book.prefix_views(), random::stream_seed(42, "router")});
  std::vector<InstanceId> in_flight(1024, InstanceId(std::uint32_t{0}));
  Micros clock;
  std::uint32_t next = 0;
  for (auto _ : state) {
    const RouteQuery query = fleet.query(next * 7 % kRequests);
    book.touch(clock);  // admission
    const RoutingDecision decision = router->route(query, book.observe(clock));
    book.add_in_flight(decision.instance);
    InstanceId& slot = in_flight[next % in_flight.size()];
    if (next >= in_flight.size()) book.remove_in_flight(slot, 1);
    slot = decision.instance;
    clock += Micros(kInterarrivalUs);
    if (++next % 100 == 0) fleet.change_a_cache(next / 100 * 7919);
  }
  state.SetItemsProcessed(state.iterations());
}

constexpr const char* kDefault = "precise-prefix-cache:2,queue-depth:1,kv-utilization:1";
constexpr Prompts kNew{.shared_blocks = 0, .known_blocks = 0};
constexpr Prompts kSystemPrompt{.shared_blocks = 16, .known_blocks = 16};
constexpr Prompts kSessions{.shared_blocks = 0, .known_blocks = 64};

BENCHMARK_CAPTURE(BM_Route, default_scorers / new_prompts, "weighted", kDefault, kNew)
    ->RangeMultiplier(8)
    ->Range(8, 512);
// All instances have the first quarter of every prompt.
BENCHMARK_CAPTURE(BM_Route, default_scorers / system_prompt, "weighted", kDefault, kSystemPrompt)
    ->RangeMultiplier(8)
    ->Range(8, 512);
// Every prompt is looked for everywhere; one or two instances served it before and have it.
BENCHMARK_CAPTURE(BM_Route, default_scorers / sessions, "weighted", kDefault, kSessions)
    ->RangeMultiplier(8)
    ->Range(8, 512);
BENCHMARK_CAPTURE(BM_Route, prefix_affinity, "weighted", "prefix-affinity:2,queue-depth:1",
                  kSystemPrompt)
    ->Arg(512);
BENCHMARK_CAPTURE(BM_Route, no_hit_lru, "weighted", "no-hit-lru:1,active-requests:1", kNew)
    ->Arg(512);
BENCHMARK_CAPTURE(BM_Route, load_scorers, "weighted",
                  "queue-depth:1,running-requests:1,active-requests:1,vllm-dp:1", kNew)
    ->Arg(512);
BENCHMARK_CAPTURE(BM_Route, least_loaded, "least-loaded", "", kNew)->Arg(512);
BENCHMARK_CAPTURE(BM_Route, round_robin, "round-robin", "", kNew)->Arg(512);

}  // namespace
}  // namespace blis::gateway
