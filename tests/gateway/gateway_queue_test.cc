#include "gateway/gateway_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "gateway/eviction_tracker.h"
#include "testing/gateway_fixture.h"

namespace blis::gateway {
namespace {

using testing::query_of;

class QueueBench {
 public:
  explicit QueueBench(FlowControlConfig config) : queue(config, symbols) {}

  OfferResult offer(std::uint32_t request, std::int64_t priority, std::string_view tenant,
                    std::string_view slo_class = "", Micros clock = Micros()) {
    RouteQuery query = query_of(request);
    query.priority = priority;
    query.tenant = symbols.intern(tenant);
    query.slo_class = symbols.intern(slo_class);
    return queue.offer(query, {.number = request}, clock);
  }
  std::vector<std::uint32_t> drain(double saturation = 0) {
    std::vector<std::uint32_t> order;
    while (const auto next = queue.gated_dequeue(saturation)) order.push_back(next->value());
    return order;
  }

  SymbolTable symbols;
  GatewayQueue queue;
};

using Order = std::vector<std::uint32_t>;

TEST(GatewayQueue, ServesTenantsInTurnWithRoundRobinFairness) {
  FlowControlConfig config;
  config.fairness = FairnessPolicy::kRoundRobin;
  QueueBench bench(config);
  std::uint32_t id = 0;
  for (const char* tenant : {"A", "B", "C"}) {
    for (int i = 0; i < 3; ++i) bench.offer(id++, 3, tenant);
  }
  EXPECT_EQ(bench.drain(), (Order{0, 3, 6, 1, 4, 7, 2, 5, 8}));
}

TEST(GatewayQueue, ServesTheOldestWithGlobalStrictFairness) {
  QueueBench bench({});
  bench.offer(0, 3, "B");
  bench.offer(1, 3, "A");
  bench.offer(2, 4, "A");
  EXPECT_EQ(bench.drain(),
            (Order{2, 0, 1}));  // the more important band first, although the order is fifo
}

TEST(GatewayQueue, LowersTheCeilingBandByBand) {
  FlowControlConfig config;
  config.usage_limit_threshold = 0.6;
  QueueBench bench(config);
  for (const std::int64_t priority : {4, 3, -1, -2, -3})
    bench.offer(static_cast<std::uint32_t>(priority + 3), priority, "");
  std::vector<double> ceilings;
  for (std::size_t i = 0; i < 5; ++i) ceilings.push_back(bench.queue.ceiling(i));
  EXPECT_EQ(ceilings, (std::vector<double>{1.0, 0.9, 0.8, 0.7, 0.6}));
}

TEST(GatewayQueue, StopsAtAnEmptyBandWhoseCeilingIsReached) {
  FlowControlConfig config;
  config.usage_limit_threshold = 0.5;
  QueueBench bench(config);
  bench.offer(0, 4, "");
  bench.offer(1, 3, "");
  bench.offer(2, -1, "");
  EXPECT_EQ(bench.drain(0.76), (Order{0}));  // ceilings 1, 0.75, 0.5
  EXPECT_EQ(bench.drain(0.4), (Order{1, 2}));
}

TEST(GatewayQueue, DisplacesTheYoungestOfTheLeastImportant) {
  FlowControlConfig config;
  config.max_queue_depth = 3;
  config.queue_shedding = true;
  QueueBench bench(config);
  bench.offer(0, -3, "");
  bench.offer(1, -3, "");
  bench.offer(2, -1, "");
  EXPECT_FALSE(bench.offer(3, -3, "").queued);
  const OfferResult result = bench.offer(4, 3, "");
  EXPECT_TRUE(result.queued);
  EXPECT_EQ(result.victim, RequestId(std::uint32_t{1}));
  EXPECT_EQ(bench.queue.counters().shed, 1);
  EXPECT_EQ(bench.queue.counters().rejected, 1);
}

TEST(GatewayQueue, OrdersAFlowByDeadline) {
  FlowControlConfig config;
  config.dispatch_order = DispatchOrder::kSloDeadline;
  config.slo_targets_us = {{"slow", 9000}, {"quick", 100}};
  QueueBench bench(config);
  bench.offer(0, 3, "t", "none");
  bench.offer(1, 3, "t", "slow");
  bench.offer(2, 3, "t", "quick", Micros(500));
  EXPECT_EQ(bench.drain(), (Order{2, 1, 0}));
}

TEST(GatewayQueue, ExpiresOnlyWhatStillWaits) {
  FlowControlConfig config;
  config.request_ttl = Micros(10);
  QueueBench bench(config);
  bench.offer(0, 3, "");
  bench.offer(1, 3, "");
  EXPECT_EQ(bench.queue.gated_dequeue(0), RequestId(std::uint32_t{0}));
  EXPECT_EQ(bench.queue.expire({.number = 0}), std::nullopt);
  EXPECT_EQ(bench.queue.expire({.number = 1}), RequestId(std::uint32_t{1}));
  EXPECT_TRUE(bench.queue.empty());
}

/// The same rules over a plain list.
struct NaiveQueue {
  struct Item {
    std::uint32_t request;
    std::int64_t priority;
    std::string tenant;
    std::uint64_t sequence;
  };
  FlowControlConfig config;
  std::vector<Item> items;
  std::vector<std::int64_t> bands;
  std::uint64_t next = 1;

  bool offer(std::uint32_t request, std::int64_t priority, const std::string& tenant) {
    const std::uint64_t sequence = next++;
    if (std::ranges::find(bands, priority) == bands.end()) bands.push_back(priority);
    std::ranges::sort(bands, std::greater());
    if (config.per_band_capacity > 0 &&
        std::ranges::count(items, priority, &Item::priority) >= config.per_band_capacity) {
      return false;
    }
    if (config.max_queue_depth > 0 && std::ssize(items) >= config.max_queue_depth) {
      auto victim = items.end();
      for (auto i = items.begin(); i != items.end(); ++i) {
        if (i->priority >= 0) continue;
        if (victim == items.end() || i->priority < victim->priority ||
            (i->priority == victim->priority && i->sequence > victim->sequence)) {
          victim = i;
        }
      }
      if (!config.queue_shedding || victim == items.end() || victim->priority >= priority)
        return false;
      items.erase(victim);
    }
    items.push_back({request, priority, tenant, sequence});
    return true;
  }
  std::optional<std::uint32_t> dequeue(double saturation) {
    if (items.empty()) return std::nullopt;
    for (std::size_t i = 0; i < bands.size(); ++i) {
      const double ceiling =
          bands.size() == 1
              ? 1.0
              : 1.0 - (static_cast<double>(i) * (1.0 - config.usage_limit_threshold)) /
                          static_cast<double>(bands.size() - 1);
      if (saturation >= ceiling) return std::nullopt;
      auto first = items.end();
      for (auto item = items.begin(); item != items.end(); ++item) {
        if (item->priority == bands[i] &&
            (first == items.end() || item->sequence < first->sequence))
          first = item;
      }
      if (first == items.end()) continue;
      const std::uint32_t request = first->request;
      items.erase(first);
      return request;
    }
    return std::nullopt;
  }
};

// laws data-plane L11, L12
RC_GTEST_PROP(GatewayQueue, AgreesWithAPlainList, ()) {
  FlowControlConfig config;
  config.max_queue_depth = *rc::gen::inRange(0, 8);
  config.per_band_capacity = *rc::gen::inRange(0, 6);
  config.queue_shedding = *rc::gen::arbitrary<bool>();
  config.usage_limit_threshold = *rc::gen::inRange(1, 11) / 10.0;
  QueueBench bench(config);
  NaiveQueue naive{config, {}, {}};
  for (std::uint32_t step = 0; step < 200; ++step) {
    if (*rc::gen::inRange(0, 3) > 0) {
      const auto priority = *rc::gen::inRange<std::int64_t>(-3, 5);
      const std::string tenant(1, static_cast<char>('a' + *rc::gen::inRange(0, 3)));
      RC_ASSERT(bench.offer(step, priority, tenant).queued == naive.offer(step, priority, tenant));
    } else {
      const double saturation = *rc::gen::inRange(0, 12) / 10.0;
      const auto next = bench.queue.gated_dequeue(saturation);
      const auto expected = naive.dequeue(saturation);
      RC_ASSERT(next.has_value() == expected.has_value());
      if (next) RC_ASSERT(next->value() == *expected);
    }
    RC_ASSERT(bench.queue.size() == std::ssize(naive.items));
  }
}

TEST(EvictionTracker, TakesTheLeastImportantAndThenTheLatest) {
  EvictionTracker tracker;
  const auto track = [&](std::uint32_t request, std::int64_t priority, std::int64_t dispatched) {
    tracker.track({.priority = priority,
                   .dispatched = Micros(dispatched),
                   .request = RequestId(request),
                   .instance = InstanceId(std::uint32_t{0}),
                   .name = {.number = request}});
  };
  track(0, -1, 100);
  track(1, -3, 100);
  track(2, -3, 200);
  track(3, -2, 900);
  tracker.remove({.number = 3});
  EXPECT_EQ(tracker.pop()->request, RequestId(std::uint32_t{2}));
  EXPECT_EQ(tracker.pop()->request, RequestId(std::uint32_t{1}));
  EXPECT_EQ(tracker.pop()->request, RequestId(std::uint32_t{0}));
  EXPECT_EQ(tracker.pop(), std::nullopt);
}

TEST(EvictionTracker, LeavesTiesToTheHeapsLayout) {
  // Equal keys: pop swaps the root with the last element, which then becomes the root.
  EvictionTracker tracker;
  for (std::uint32_t i = 0; i < 4; ++i) {
    tracker.track({.priority = -1,
                   .dispatched = Micros(5),
                   .request = RequestId(i),
                   .instance = InstanceId(std::uint32_t{0}),
                   .name = {.number = i}});
  }
  std::vector<std::uint32_t> order;
  while (const auto next = tracker.pop()) order.push_back(next->request.value());
  EXPECT_EQ(order, (std::vector<std::uint32_t>{0, 3, 2, 1}));
}

}  // namespace
}  // namespace blis::gateway
