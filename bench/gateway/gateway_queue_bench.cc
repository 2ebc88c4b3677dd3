// What flow control costs per request while `range` requests wait in the gateway queue: it should
// hardly grow with their number. Every iteration takes one request in and lets one go.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "gateway/eviction_tracker.h"
#include "gateway/gateway_queue.h"

namespace blis::gateway {
namespace {

constexpr std::int64_t kPriorities[] = {4, 3, 3, 3, -1, -2, -3};
constexpr std::uint32_t kTenants = 100;

class Traffic {
 public:
  Traffic() {
    for (std::uint32_t i = 0; i < kTenants; ++i) {
      tenants_.push_back(symbols.intern("tenant-" + std::to_string(i)));
    }
    for (const char* name : {"critical", "standard", "batch"}) {
      classes_.push_back(symbols.intern(name));
    }
  }
  RouteQuery next() {
    RouteQuery query;
    query.request = RequestId(static_cast<std::uint32_t>(made_ % 0xffff'fff0));
    query.tenant = tenants_[random() % kTenants];
    query.slo_class = classes_[random() % classes_.size()];
    query.priority = kPriorities[random() % std::size(kPriorities)];
    ++made_;
    return query;
  }
  request::RequestName name() const { return {.number = static_cast<std::int64_t>(made_)}; }
  Micros clock() const { return Micros(static_cast<std::int64_t>(made_)); }
  std::uint64_t random() {
    random_ = random_ * 6364136223846793005 + 1442695040888963407;
    return random_ >> 33;
  }

  SymbolTable symbols;

 private:
  std::vector<Symbol> tenants_;
  std::vector<Symbol> classes_;
  std::uint64_t random_ = 1;
  std::uint64_t made_ = 0;
};

void fill(GatewayQueue& queue, Traffic& traffic, std::int64_t waiting) {
  while (queue.size() < waiting) {
    const RouteQuery query = traffic.next();
    queue.offer(query, traffic.name(), traffic.clock());
  }
}

void BM_OfferAndDispatch(benchmark::State& state, DispatchOrder order, FairnessPolicy fairness,
                         bool has_ttl) {
  FlowControlConfig config;
  config.dispatch_order = order;
  config.fairness = fairness;
  config.request_ttl = Micros(has_ttl ? 1'000'000 : 0);
  config.slo_targets_us = {{"critical", 100'000}, {"standard", 1'000'000}};
  Traffic traffic;
  GatewayQueue queue(config, traffic.symbols);
  fill(queue, traffic, state.range(0));
  for (auto _ : state) {
    const RouteQuery query = traffic.next();
    queue.offer(query, traffic.name(), traffic.clock());
    benchmark::DoNotOptimize(queue.gated_dequeue(0));
  }
  BLIS_CHECK(queue.size() == state.range(0), "{} waiting", queue.size());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(BM_OfferAndDispatch, fifo, DispatchOrder::kFifo, FairnessPolicy::kGlobalStrict,
                  false)
    ->RangeMultiplier(10)
    ->Range(1'000, 100'000);
BENCHMARK_CAPTURE(BM_OfferAndDispatch, round_robin, DispatchOrder::kFifo,
                  FairnessPolicy::kRoundRobin, false)
    ->RangeMultiplier(10)
    ->Range(1'000, 100'000);
BENCHMARK_CAPTURE(BM_OfferAndDispatch, slo_deadline, DispatchOrder::kSloDeadline,
                  FairnessPolicy::kGlobalStrict, false)
    ->RangeMultiplier(10)
    ->Range(1'000, 100'000);
BENCHMARK_CAPTURE(BM_OfferAndDispatch, fifo_with_ttl, DispatchOrder::kFifo,
                  FairnessPolicy::kGlobalStrict, true)
    ->RangeMultiplier(10)
    ->Range(1'000, 100'000);

/// A full queue: an important request displaces one that is not.
void BM_OfferAndShed(benchmark::State& state) {
  FlowControlConfig config;
  config.max_queue_depth = state.range(0);
  config.queue_shedding = true;
  Traffic traffic;
  GatewayQueue queue(config, traffic.symbols);
  fill(queue, traffic, state.range(0));
  for (auto _ : state) {
    RouteQuery query = traffic.next();
    query.priority = -1;  // is shed itself when nobody less important is left
    benchmark::DoNotOptimize(queue.offer(query, traffic.name(), traffic.clock()));
    query = traffic.next();
    query.priority = 4;
    benchmark::DoNotOptimize(queue.offer(query, traffic.name(), traffic.clock()));
    benchmark::DoNotOptimize(queue.gated_dequeue(0));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_OfferAndShed)->RangeMultiplier(10)->Range(1'000, 100'000);

/// The oldest request expires, a new one comes.
void BM_OfferAndExpire(benchmark::State& state) {
  FlowControlConfig config;
  config.request_ttl = Micros(1'000'000);
  Traffic traffic;
  GatewayQueue queue(config, traffic.symbols);
  fill(queue, traffic, state.range(0));
  request::RequestName oldest{.number = 1};
  for (auto _ : state) {
    const RouteQuery query = traffic.next();
    queue.offer(query, traffic.name(), traffic.clock());
    benchmark::DoNotOptimize(queue.expire(oldest));
    ++oldest.number;
  }
  BLIS_CHECK(queue.size() == state.range(0), "{} waiting", queue.size());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_OfferAndExpire)->RangeMultiplier(10)->Range(1'000, 100'000);

/// A sheddable request is sent off, another one ends, `range` are in flight.
void BM_TrackForEviction(benchmark::State& state) {
  Traffic traffic;
  EvictionTracker tracker;
  std::vector<request::RequestName> names;
  const auto track = [&](request::RequestName& slot) {
    const RouteQuery query = traffic.next();
    slot = traffic.name();
    tracker.track({.priority = -1 - static_cast<std::int64_t>(traffic.random() % 3),
                   .dispatched = traffic.clock(),
                   .request = query.request,
                   .instance = InstanceId(std::uint32_t{0}),
                   .name = slot});
  };
  names.resize(static_cast<std::size_t>(state.range(0)));
  for (request::RequestName& name : names) track(name);
  for (auto _ : state) {
    request::RequestName& slot = names[traffic.random() % names.size()];
    tracker.remove(slot);
    track(slot);
  }
  BLIS_CHECK(tracker.size() == names.size(), "{} tracked", tracker.size());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TrackForEviction)->RangeMultiplier(10)->Range(1'000, 100'000);

}  // namespace
}  // namespace blis::gateway
