// How long a transfer takes, alone and beside others. SOURCE spec disaggregation 7.2, 7.3, law 10.

#include "disagg/kv_transfer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

namespace blis::disagg {
namespace {

TransferConfig config(double kv_bytes_per_token, double bandwidth_gb_per_s, double base_ms = 0) {
  return {.bandwidth_gb_per_s = bandwidth_gb_per_s,
          .base_latency_ms = base_ms,
          .contention = false,
          .kv_bytes_per_token = kv_bytes_per_token,
          .block_size_tokens = 16};
}

Micros duration(const TransferConfig& config, std::int64_t blocks) {
  return KvTransfers(config).start(blocks);
}

/// Duration of the transfer that starts as the `active`-th at the same time.
Micros duration_beside(TransferConfig config, std::int64_t blocks, std::int64_t active) {
  config.contention = true;
  KvTransfers transfers(config);
  for (std::int64_t i = 1; i < active; ++i) (void)transfers.start(1);
  return transfers.start(blocks);
}

TEST(KvTransfer, TakesTheBaseLatencyAndTheBytesOverTheBandwidth) {
  EXPECT_EQ(duration(config(512, 10), 10), Micros(9));
  EXPECT_EQ(duration(config(128, 10), 10), Micros(3));  // prefill TP 4: a quarter per rank
  EXPECT_EQ(duration(config(512, 25, 0.05), 2), Micros(51));
  EXPECT_EQ(duration(config(163'840, 25, 0.05), 125), Micros(13'158));  // 2000 tokens of a 14B
}

TEST(KvTransfer, TakesAtLeastOneTick) { EXPECT_EQ(duration(config(512, 10), 0), Micros(1)); }

TEST(KvTransfer, SharesTheLinkAtItsStart) {
  EXPECT_EQ(duration_beside(config(512, 10), 10, 1), Micros(9));
  EXPECT_EQ(duration_beside(config(512, 10), 10, 2), Micros(17));
}

// Without a prefill pool nobody checks the range of these flags.
TEST(KvTransfer, WithValuesOutOfRangeTakesWhatTheReferenceTakes) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(duration(config(512, 0, 10), 100), Micros(10'000));
  EXPECT_EQ(duration(config(512, -1, 10), 100), Micros(10'000));
  EXPECT_EQ(duration(config(512, kNan, 10), 100), Micros(10'000));
  EXPECT_EQ(duration(config(512, kInfinity, 10), 100), Micros(10'000));
  EXPECT_EQ(duration(config(512, 25, kNan), 100), Micros(1));
  EXPECT_EQ(duration(config(512, 25, kInfinity), 100), Micros(1));
  EXPECT_EQ(duration(config(512, 25, -kInfinity), 100), Micros(1));
}

TEST(KvTransfer, CountsThoseUnderWay) {
  TransferConfig shared = config(512, 10);
  shared.contention = true;
  KvTransfers transfers(shared);
  EXPECT_EQ(transfers.peak_concurrent(), 0);
  EXPECT_EQ(transfers.mean_depth(), 0.0);

  (void)transfers.start(10);  // depth 1
  (void)transfers.start(10);  // depth 2
  transfers.complete();
  (void)transfers.start(10);  // depth 2
  EXPECT_EQ(transfers.peak_concurrent(), 2);
  EXPECT_EQ(transfers.mean_depth(), 5.0 / 3.0);
}

TEST(KvTransfer, OneAfterTheOtherIsADepthOfOne) {
  TransferConfig shared = config(512, 10);
  shared.contention = true;
  KvTransfers transfers(shared);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(transfers.start(10), Micros(9));  // the share is that of a lone transfer again
    transfers.complete();
  }
  EXPECT_EQ(transfers.peak_concurrent(), 1);
  EXPECT_EQ(transfers.mean_depth(), 1.0);
}

TEST(KvTransfer, WithoutContentionNobodyIsCounted) {
  KvTransfers transfers(config(512, 10));
  EXPECT_EQ(transfers.start(10), transfers.start(10));
  transfers.complete();
  EXPECT_EQ(transfers.peak_concurrent(), 0);
  EXPECT_EQ(transfers.mean_depth(), 0.0);
}

RC_GTEST_PROP(KvTransferLaw, GrowsWithBlocksAndWithTransfersUnderWay, ()) {
  const TransferConfig c =
      config(static_cast<double>(*rc::gen::inRange(1, 400'000)), 0.5 * *rc::gen::inRange(1, 200),
             0.01 * *rc::gen::inRange(0, 100));
  const std::int64_t blocks = *rc::gen::inRange(0, 5000);
  const std::int64_t active = *rc::gen::inRange(1, 20);
  const Micros alone = duration(c, blocks);
  RC_ASSERT(alone >= Micros(1));
  RC_ASSERT(duration(c, blocks + 1) >= alone);
  RC_ASSERT(duration_beside(c, blocks, 1) == alone);
  RC_ASSERT(duration_beside(c, blocks, active + 1) >= duration_beside(c, blocks, active));
}

// Half the bandwidth, twice the time on the wire; up to the tick that rounding up may add.
RC_GTEST_PROP(KvTransferLaw, DividesTheBandwidthByThoseUnderWay, ()) {
  const TransferConfig c = config(static_cast<double>(*rc::gen::inRange(1, 400'000)), 25);
  const std::int64_t blocks = *rc::gen::inRange(1, 5000);
  const std::int64_t active = *rc::gen::inRange(1, 20);
  const std::int64_t alone = duration(c, blocks).count();
  const std::int64_t beside = duration_beside(c, blocks, active).count();
  RC_ASSERT(beside <= active * alone + 1);
  RC_ASSERT(beside > active * (alone - 1) - 1);
}

RC_GTEST_PROP(KvTransferLaw, ThePeakIsAtLeastTheMean, (const std::vector<bool>& starts)) {
  TransferConfig shared = config(512, 10);
  shared.contention = true;
  KvTransfers transfers(shared);
  std::int64_t active = 0;
  for (const bool starts_one : starts) {
    if (starts_one) {
      (void)transfers.start(3);
      ++active;
    } else if (active > 0) {
      transfers.complete();
      --active;
    }
  }
  RC_ASSERT(static_cast<double>(transfers.peak_concurrent()) >= transfers.mean_depth());
}

}  // namespace
}  // namespace blis::disagg
