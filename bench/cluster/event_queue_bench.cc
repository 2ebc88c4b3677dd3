// What the cluster's two heaps cost per event.

#include <benchmark/benchmark.h>

#include <cstdint>

#include "cluster/event_queue.h"
#include "cluster/instance_heap.h"

namespace blis::cluster {
namespace {

/// Next pseudo-random number; only to spread times.
std::uint64_t step(std::uint64_t& state) {
  state = state * 6364136223846793005 + 1442695040888963407;
  return state >> 33;
}

/// One push and one pop with `range` events pending.
void BM_EventQueue(benchmark::State& state) {
  EventQueue events;
  std::uint64_t random = 1;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    events.push(Micros(static_cast<std::int64_t>(step(random) % 1'000'000)), EventKind::kArrival,
                0);
  }
  for (auto _ : state) {
    const ClusterEvent event = events.pop();
    events.push(event.time + Micros(static_cast<std::int64_t>(step(random) % 1'000'000)),
                EventKind::kRouting, event.subject);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_EventQueue)->Arg(16)->Arg(1024)->Arg(65536);

/// Re-keying the instance that is next, with `range` instances.
void BM_InstanceHeap(benchmark::State& state) {
  InstanceHeap heap;
  std::uint64_t random = 1;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    heap.add();
    heap.update(static_cast<std::size_t>(i),
                Micros(static_cast<std::int64_t>(step(random) % 10'000)));
  }
  for (auto _ : state) {
    const std::size_t next = heap.top();
    heap.update(next,
                heap.top_time() + Micros(7000 + static_cast<std::int64_t>(step(random) % 512)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_InstanceHeap)->Arg(8)->Arg(64)->Arg(512);

}  // namespace
}  // namespace blis::cluster
