#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "cluster/event_queue.h"
#include "cluster/instance_heap.h"

namespace blis::cluster {
namespace {

TEST(EventQueue, OrdersByTimeThenKindThenInsertion) {
  EventQueue events;
  events.push(Micros(5), EventKind::kRouting, 0);
  events.push(Micros(5), EventKind::kArrival, 1);
  events.push(Micros(4), EventKind::kScaleActuation, 2);
  events.push(Micros(5), EventKind::kArrival, 3);
  events.push(Micros(5), EventKind::kInstanceLoaded, 4);
  std::vector<std::uint32_t> order;
  while (!events.empty()) order.push_back(events.pop().subject);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{2, 4, 1, 3, 0}));
}

TEST(EventQueue, KnowsWhetherOnlyTheBackgroundIsLeft) {
  EventQueue events;
  events.push_background(Micros(1), EventKind::kNodeFailure, 0);
  EXPECT_FALSE(events.has_foreground());
  events.push(Micros(2), EventKind::kRetry, 0);
  EXPECT_TRUE(events.has_foreground());
  EXPECT_EQ(events.pending_arrivals(), 1);
  events.pop();
  EXPECT_TRUE(events.has_foreground());
  events.pop();
  EXPECT_FALSE(events.has_foreground());
  EXPECT_EQ(events.pending_arrivals(), 0);
}

RC_GTEST_PROP(EventQueue, PopsInASortedOrder, ()) {
  EventQueue events;
  std::vector<std::tuple<std::int64_t, int, std::uint32_t>> expected;
  const auto n = *rc::gen::inRange<std::uint32_t>(0, 100);
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto time = *rc::gen::inRange<std::int64_t>(0, 10);
    const auto kind = static_cast<EventKind>(*rc::gen::inRange(0, 23));
    events.push(Micros(time), kind, i);
    expected.emplace_back(time, priority_of(kind), i);
  }
  std::ranges::sort(expected);
  for (const auto& [time, priority, subject] : expected) RC_ASSERT(events.pop().subject == subject);
}

RC_GTEST_PROP(InstanceHeap, AlwaysKnowsTheEarliestInstance, ()) {
  InstanceHeap heap;
  std::vector<Micros> times;
  const auto n = *rc::gen::inRange<std::size_t>(1, 40);
  for (std::size_t i = 0; i < n; ++i) {
    heap.add();
    times.push_back(Micros::max());
  }
  for (int step = 0; step < 200; ++step) {
    const auto instance = *rc::gen::inRange<std::size_t>(0, n);
    times[instance] =
        *rc::gen::inRange(0, 5) == 0 ? Micros::max() : Micros(*rc::gen::inRange(0, 20));
    heap.update(instance, times[instance]);
    const auto earliest = std::ranges::min_element(times);
    RC_ASSERT(heap.top_time() == *earliest);
    RC_ASSERT(heap.top() == static_cast<std::size_t>(earliest - times.begin()));
  }
}

}  // namespace
}  // namespace blis::cluster
