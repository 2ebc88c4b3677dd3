// The worked examples E1 to E5 of spec engine 17, number by number.

#include <gtest/gtest.h>

#include "testing/engine_bench.h"

namespace blis::engine {
namespace {

using testing::EngineBench;

TEST(WorkedExample, SingleRequest) {
  EngineBench bench;
  bench.latency = {};
  bench.latency.queueing_us = 1064;
  bench.latency.token_us = 500;
  const RequestId r = bench.add(32, 3);
  bench.run();
  EXPECT_EQ(bench.measured(r).ttft, Micros(2564));  // 1064 queueing + 1000 step + 500
  EXPECT_EQ(bench.measured(r).e2e, Micros(5564));   // + 2 x 1500
  EXPECT_EQ(bench.measured(r).itl_mean_us, 1500);
  EXPECT_EQ(bench.measured(r).scheduling_delay, Micros(1064));
  EXPECT_EQ(bench.metrics().sim_ended,
            Micros(4064));  // the end of the last step; no output processing
  EXPECT_EQ(bench.metrics().total_output_tokens, 3);
}

TEST(WorkedExample, PreemptionWithChunkedPrefill) {
  EngineBench bench;
  bench.config.total_kv_blocks = 4;
  bench.config.long_prefill_token_threshold = 16;
  const RequestId b = bench.add(32, 5, 0);
  const RequestId a = bench.add(16, 5, 1000);
  bench.run();
  EXPECT_EQ(bench.measured(a).ttft, Micros(4000));  // overwritten by the second prefill, from cache
  EXPECT_EQ(bench.measured(b).ttft, Micros(2000));
  EXPECT_EQ(bench.measured(a).e2e, Micros(8000));
  EXPECT_EQ(bench.measured(b).e2e, Micros(6000));
  EXPECT_EQ(bench.measured(a).scheduling_delay, Micros(3000));
  EXPECT_EQ(bench.metrics().itl.count(), 8);
  EXPECT_EQ(bench.metrics().total_output_tokens, 10);
  EXPECT_EQ(bench.metrics().preemption_count, 1);
  EXPECT_EQ(bench.metrics().sim_ended, Micros(8000));
}

TEST(WorkedExample, RequestThatEvictsItself) {
  EngineBench bench;
  bench.config.total_kv_blocks = 4;
  const RequestId a = bench.add(16, 5, 1000);
  const RequestId b = bench.add(32, 5, 0);
  bench.run();
  EXPECT_EQ(bench.measured(a).ttft, Micros(1000));
  EXPECT_EQ(bench.measured(b).ttft, Micros(3000));
  EXPECT_EQ(bench.measured(a).e2e, Micros(5000));
  EXPECT_EQ(bench.measured(b).e2e, Micros(7000));
  EXPECT_EQ(bench.measured(b).scheduling_delay, Micros(2000));
  EXPECT_EQ(bench.metrics().preemption_count, 1);
  EXPECT_EQ(bench.metrics().sim_ended, Micros(7000));
}

TEST(WorkedExample, TimeoutCascade) {
  EngineBench bench;
  bench.config.total_kv_blocks = 4;
  bench.config.long_prefill_token_threshold = 16;
  bench.config.max_num_seqs = 10;
  bench.latency.step_us = 10'000;
  for (int i = 0; i < 8; ++i) {
    bench.add_tokens(std::vector<std::int32_t>(24, 0), 16, 8, Micros(),
                     i < 6 ? Micros(50'000) : Micros());
  }
  bench.run();
  EXPECT_EQ(bench.metrics().timed_out_requests, 6);
  EXPECT_EQ(bench.metrics().completed_requests, 2);
  EXPECT_EQ(bench.metrics().sim_ended, Micros(140'000));
  EXPECT_EQ(bench.metrics().preemption_count, 15);
}

TEST(WorkedExample, LengthCap) {
  EngineBench bench;
  bench.config.max_model_len_tokens = 100;
  bench.latency.queueing_us = 50;
  bench.latency.token_us = 7;
  const RequestId r = bench.add(50, 200);
  bench.run();
  EXPECT_EQ(bench.measured(r).ttft, Micros(1057));
  EXPECT_EQ(bench.measured(r).e2e, Micros(50'400));  // 1057 + 49 x 1007
  EXPECT_EQ(bench.measured(r).itl_mean_us, 1027.9791666666667);
  EXPECT_TRUE(bench.measured(r).length_capped);
  EXPECT_EQ(bench.metrics().total_output_tokens, 50);
  EXPECT_EQ(bench.metrics().length_capped_requests, 1);
}

}  // namespace
}  // namespace blis::engine
