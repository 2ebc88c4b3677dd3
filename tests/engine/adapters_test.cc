// What LoRA adapters change for requests: who waits for a load, who keeps an adapter, how long
// steps take. Steps last 1000 µs and loads 1008 µs, the figures of spec engine 11.4.

#include <gtest/gtest.h>

#include "testing/engine_bench.h"

namespace blis::engine {
namespace {

class Adapters : public ::testing::Test {
 protected:
  static constexpr std::int64_t kLoad = 1008;

  explicit Adapters(std::int64_t capacity = 2) { declare(capacity); }

  void declare(std::int64_t capacity, std::map<std::int64_t, model::StepOverheadTier> tiers = {}) {
    bench.declare({.adapter_capacity = capacity,
                   .load_base_latency_us = 1000,
                   .load_bandwidth_bytes_per_us = 2e6,
                   .footprint_bytes_per_rank = 2e6,
                   .step_overhead_tiers = std::move(tiers),
                   .adapters = {{"a", 8, ""}, {"b", 8, ""}, {"c", 8, ""}}});
  }
  AdapterCounts counts(std::string_view adapter) {
    const auto all = bench.instance().adapter_counts();
    const auto found = all.find(bench.symbols.intern(adapter));
    return found == all.end() ? AdapterCounts() : found->second;
  }
  Micros ttft(RequestId id) const { return bench.measured(id).ttft; }
  void run_until(Micros time) {
    while (bench.instance().next_event_time() <= time) bench.instance().process_next_event();
  }

  testing::EngineBench bench;
};

TEST_F(Adapters, ColdRequestWaitsForExactlyTheLoad) {
  const RequestId cold = bench.add_with_adapter("a", 32, 2, 0);
  const RequestId warm = bench.add_with_adapter("a", 32, 2, 100, Micros(100'000));
  bench.run();
  EXPECT_EQ(ttft(warm), Micros(1000));
  EXPECT_EQ(ttft(cold), Micros(1000 + kLoad));
  EXPECT_EQ(counts("a").loads, 1);
  EXPECT_EQ(counts("a").evictions, 0);
}

TEST_F(Adapters, RequestsForOneColdAdapterShareItsLoad) {
  const RequestId first = bench.add_with_adapter("a", 32, 2, 0);
  const RequestId second = bench.add_with_adapter("a", 32, 2, 100);
  bench.run();
  EXPECT_EQ(ttft(first), Micros(1000 + kLoad));
  EXPECT_EQ(ttft(second), Micros(1000 + kLoad));
  EXPECT_EQ(counts("a").loads, 1);
}

// The load of b can only start when b heads the queue, in the step after the one that admitted a.
TEST_F(Adapters, LoadsFollowEachOther) {
  const RequestId first = bench.add_with_adapter("a", 32, 1, 0);
  const RequestId second = bench.add_with_adapter("b", 32, 1, 100);
  bench.run();
  EXPECT_EQ(ttft(first), Micros(1000 + kLoad));
  EXPECT_EQ(ttft(second), Micros(1000 + kLoad) + Micros(1000 + kLoad));
}

TEST_F(Adapters, EverybodyBehindAColdHeadWaits) {
  const RequestId cold = bench.add_with_adapter("a", 32, 1, 0);
  const RequestId base = bench.add(32, 1, 100);
  bench.run();
  EXPECT_EQ(ttft(cold), Micros(1000 + kLoad));
  EXPECT_EQ(ttft(base), Micros(1000 + kLoad));
}

TEST_F(Adapters, BaseRequestsBeforeAColdOneRunDuringItsLoad) {
  const RequestId base = bench.add(32, 10, 100);
  const RequestId cold = bench.add_with_adapter("a", 32, 1, 0);
  bench.run();
  EXPECT_EQ(ttft(base), Micros(1000));
  // Steps at 0 (admits base; the head is base, so no load), 1000 (starts it), 2000, 3000 (admits).
  EXPECT_EQ(ttft(cold), Micros(4000));
}

TEST_F(Adapters, ArrivalDuringALoadCausesAnEmptyStep) {
  bench.add_with_adapter("a", 32, 1, 0);
  bench.add(32, 1, 100, Micros(500));
  bench.run();
  // At 0 (starts the load), at 500 (empty), at 1008.
  EXPECT_EQ(bench.metrics().steps, 3);
}

TEST_F(Adapters, UndeclaredAdapterOfATraceLoadsInOneTick) {
  const RequestId unknown = bench.add_with_adapter("not-declared", 32, 1, 0);
  bench.run();
  EXPECT_EQ(ttft(unknown), Micros(1000 + 1));
  EXPECT_EQ(counts("not-declared").loads, 1);
}

TEST_F(Adapters, DecodeHalfNeverWaits) {
  bench.add(16, 3, 500, Micros(50'000));
  request::RequestSpec spec = bench.requests[RequestId(std::uint32_t{0})].spec;
  spec.name.number = 1;
  spec.arrival = Micros();
  spec.adapter = bench.symbols.intern("a");
  const RequestId half = bench.requests.add(std::move(spec));
  bench.requests[half].is_decode_sub_request = true;
  ASSERT_TRUE(bench.instance().reserve_transferred_kv(half));
  bench.instance().enqueue_decode_sub_request(half, Micros());
  bench.run();
  EXPECT_EQ(bench.measured(half).scheduling_delay, Micros());
  EXPECT_EQ(counts("a").loads, 0);
}

class OneAdapter : public Adapters {
 protected:
  OneAdapter() : Adapters(1) {}
};

TEST_F(OneAdapter, TwoAdaptersTakeTurnsWithOneEviction) {
  bench.add_with_adapter("a", 32, 5, 0);
  bench.add_with_adapter("b", 32, 5, 100);
  bench.run();
  EXPECT_EQ(bench.metrics().completed_requests, 2);
  EXPECT_EQ(counts("a").evictions, 1);
  EXPECT_EQ(counts("b").evictions, 0);
  EXPECT_EQ(counts("a").loads + counts("b").loads, 2);
}

TEST_F(OneAdapter, RunningRequestKeepsItsAdapterUntilItEnds) {
  bench.add_with_adapter("a", 32, 5, 0);
  const RequestId waiting = bench.add_with_adapter("b", 32, 1, 100);
  bench.run();
  // a runs from 1008 to 6008: five steps; it is done, and unpinned, in the fifth, which starts at
  // 5008. The step at 6008 then starts the load.
  EXPECT_EQ(ttft(waiting), Micros(6008 + kLoad + 1000));
}

TEST_F(OneAdapter, DeadlineGivesTheAdapterBack) {
  bench.add_with_adapter("a", 32, 1000, 0, Micros(), Micros(5000));
  bench.add_with_adapter("b", 32, 1, 100);
  bench.run();
  EXPECT_EQ(bench.metrics().timed_out_requests, 1);
  EXPECT_EQ(bench.metrics().completed_requests, 1);
  EXPECT_EQ(counts("b").loads, 1);
}

TEST_F(OneAdapter, EvictionByTheGatewayGivesTheAdapterBack) {
  const RequestId evicted = bench.add_with_adapter("a", 32, 1000, 0);
  bench.add_with_adapter("b", 32, 1, 100);
  run_until(Micros(5000));
  ASSERT_TRUE(bench.instance().evict(evicted, bench.instance().clock()));
  bench.run();
  EXPECT_EQ(bench.metrics().completed_requests, 1);
  EXPECT_EQ(counts("b").loads, 1);
}

TEST_F(OneAdapter, PreemptedRequestKeepsItsAdapterAndPinsItOnce) {
  bench.config.total_kv_blocks = 4;
  // Both need a third block for their 33rd token; the younger one has to go and comes back.
  bench.add_with_adapter("a", 32, 5, 0);
  bench.add_with_adapter("a", 32, 5, 100);
  const RequestId waiting = bench.add_with_adapter("b", 16, 1, 200);
  bench.run();
  EXPECT_GT(bench.metrics().preemption_count, 0);
  EXPECT_EQ(bench.metrics().completed_requests, 3);
  EXPECT_EQ(counts("a").loads, 1);
  EXPECT_EQ(counts("a").evictions, 1);  // after its last user had ended: every pin was taken off
  EXPECT_TRUE(bench.measured(waiting).has_e2e);
}

TEST_F(OneAdapter, TimeOutOfTheOneWhoWaitsDoesNotStopTheLoad) {
  bench.add_with_adapter("a", 32, 1, 0, Micros(), Micros(500));
  bench.run();
  EXPECT_EQ(bench.metrics().timed_out_requests, 1);
  EXPECT_EQ(counts("a").loads, 1);
  EXPECT_EQ(bench.metrics().sim_ended, Micros(kLoad));
}

TEST_F(Adapters, StepsWithAdaptersLastLongerOthersDoNot) {
  declare(2, {{8, {0.02, 1}}});
  bench.latency.step_us = 15422;
  const RequestId with = bench.add_with_adapter("a", 32, 2, 0);
  const RequestId base = bench.add(32, 2, 100, Micros(1'000'000));
  bench.run();
  EXPECT_EQ(ttft(with), Micros(kLoad + 15730));
  EXPECT_EQ(bench.measured(with).itl_mean_us, 15730);
  EXPECT_EQ(ttft(base), Micros(15422));
  EXPECT_EQ(bench.measured(base).itl_mean_us, 15422);
}

}  // namespace
}  // namespace blis::engine
