#include "control/gpu_ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blis::control {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
const Symbol kModel(std::uint32_t{1});

NodePool pool(std::string gpu_type, std::int64_t gpus, double usd_per_hour) {
  return {.name = "p",
          .gpu_type = std::move(gpu_type),
          .gpus_per_node = gpus,
          .cost_usd_per_hour = usd_per_hour};
}

TEST(GpuLedger, NodesCostWhileTheyAreThere) {
  GpuLedger ledger({});
  ledger.add_nodes(pool("H100", 8, 24), 2, Micros());
  ledger.add_nodes(pool("H100", 8, 24), -1, Micros(kHour));
  const GpuUsage usage = ledger.usage(Micros(2 * kHour));
  ASSERT_EQ(usage.provisioned.size(), 1u);
  EXPECT_EQ(usage.provisioned_gpu_us(), 24 * kHour);  // 16 GPUs for an hour, then 8
  EXPECT_EQ(usage.owned_gpu_us(), 0);
  EXPECT_EQ(usage.cost_usd(), 24 * 3.0);  // $24 for 8 GPUs are $3 for one
}

TEST(GpuLedger, InstancesBringTheirGpusUnlessThereAreNodes) {
  GpuLedger ledger({{"H100", 2.0}});
  ledger.take(InstanceId(std::size_t{1}), "H100", kModel, 4, /*of_node=*/false, Micros(kHour));
  ledger.give_back(InstanceId(std::size_t{1}), Micros(3 * kHour));
  const GpuUsage usage = ledger.usage(Micros(10 * kHour));
  EXPECT_EQ(usage.provisioned_gpu_us(), 8 * kHour);
  EXPECT_EQ(usage.owned_gpu_us(), 8 * kHour);
  EXPECT_EQ(usage.cost_usd(), 16.0);
  EXPECT_EQ(usage.owned.at(0).model, kModel);
}

TEST(GpuLedger, WhatIsGivenBackTwiceOrWasNeverTakenCountsOnce) {
  GpuLedger ledger({});
  ledger.give_back(InstanceId(std::size_t{3}), Micros(1));
  ledger.take(InstanceId(std::size_t{0}), "H100", kModel, 1, false, Micros());
  ledger.give_back(InstanceId(std::size_t{0}), Micros(5));
  ledger.give_back(InstanceId(std::size_t{0}), Micros(9));
  EXPECT_EQ(ledger.usage(Micros(20)).owned_gpu_us(), 5);
}

TEST(GpuLedger, GivenPricesWinOverThoseOfPools) {
  GpuLedger ledger({{"H100", 1.0}});
  ledger.add_nodes(pool("H100", 1, 24), 1, Micros());
  EXPECT_EQ(ledger.usage(Micros(kHour)).cost_usd(), 1.0);
}

TEST(GpuLedger, PoolsOfOneTypeKeepTheirPrices) {
  GpuLedger ledger({});
  ledger.add_nodes(pool("H100", 1, 2), 1, Micros());
  ledger.add_nodes(pool("H100", 1, 3), 1, Micros());
  EXPECT_EQ(ledger.usage(Micros(kHour)).cost_usd(), 5.0);
}

TEST(GpuLedger, HasNoCostIfAPriceIsNotKnown) {
  GpuLedger ledger({{"H100", 1.0}});
  ledger.take(InstanceId(std::size_t{0}), "H100", kModel, 1, false, Micros());
  ledger.take(InstanceId(std::size_t{1}), "L40S", kModel, 1, false, Micros(kHour));
  EXPECT_EQ(ledger.usage(Micros(kHour)).cost_usd(), 1.0);  // the L40S has not been used yet
  EXPECT_EQ(ledger.usage(Micros(kHour + 1)).cost_usd(), std::nullopt);
}

// Against the sum over every single microsecond.
RC_GTEST_PROP(GpuLedger, AddsUpEveryMicrosecond, ()) {
  GpuLedger ledger({});
  std::vector<std::int64_t> gpus(4, 0);  // by instance; 0 = none
  std::int64_t expected = 0;
  const std::int64_t end = *rc::gen::inRange<std::int64_t>(0, 60);
  for (std::int64_t now = 0; now < end; ++now) {
    const auto who = *rc::gen::inRange<std::size_t>(0, 4);
    if (gpus[who] > 0) {
      ledger.give_back(InstanceId(who), Micros(now));
      gpus[who] = 0;
    } else if (*rc::gen::arbitrary<bool>()) {
      gpus[who] = *rc::gen::inRange<std::int64_t>(1, 9);
      const bool of_node = *rc::gen::arbitrary<bool>();
      ledger.take(InstanceId(who), who % 2 == 0 ? "a" : "b", kModel, gpus[who], of_node,
                  Micros(now));
    }
    for (const std::int64_t count : gpus) expected += count;
  }
  RC_ASSERT(ledger.usage(Micros(end)).owned_gpu_us() == expected);
}

}  // namespace
}  // namespace blis::control
