// SOURCE spec kv-cache 7, laws 26 to 29.
#include "kv/transfer_station.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

namespace blis::kv {
namespace {

using Ids = std::vector<TransferId>;
constexpr auto kRead = TransferDirection::kRead;
constexpr auto kWrite = TransferDirection::kWrite;

SecondaryTierConfig tier(std::int64_t readers, std::int64_t writers, DeviceConfig device) {
  SecondaryTierConfig config;
  config.n_read_threads = readers;
  config.n_write_threads = writers;
  config.device = device;
  return config;
}

TransferJob job(TransferDirection direction, std::int64_t bytes, std::int32_t on_tier = 0) {
  return {.tier = on_tier, .direction = direction, .bytes = bytes};
}

void poll(TransferStation& station, std::int64_t now, Ids& ids) {
  std::vector<CompletedTransfer> completed;
  station.poll(Micros(now), completed);
  for (const CompletedTransfer& transfer : completed) ids.push_back(transfer.id);
}

Ids poll(TransferStation& station, std::int64_t now) {
  Ids ids;
  poll(station, now, ids);
  return ids;
}

TEST(TransferTime, RampsUpToTheSaturationDepth) {
  // 100 + 1000 / (10 * (0.5 + 0.5 * (q - 1) / 3)) for q < 4, then 100 + 1000 / 10.
  const DeviceConfig device{.read_bandwidth = 10,
                            .write_bandwidth = 10,
                            .base_latency = 100,
                            .saturation_queue_depth = 4,
                            .single_transfer_fraction = 0.5};
  EXPECT_EQ(transfer_time(device, job(kRead, 1000), 1), Micros(300));
  EXPECT_EQ(transfer_time(device, job(kRead, 1000), 2), Micros(250));
  EXPECT_EQ(transfer_time(device, job(kRead, 1000), 3), Micros(220));
  EXPECT_EQ(transfer_time(device, job(kWrite, 1000), 4), Micros(200));
  EXPECT_EQ(transfer_time(device, job(kWrite, 1000), 8), Micros(200));
}

TEST(TransferTime, MultipliesTheWholeTimeByTheJitter) {
  const DeviceConfig device{.read_bandwidth = 1, .write_bandwidth = 1, .base_latency = 100};
  TransferJob j = job(kRead, 500);
  j.jitter_factor = 1.5;
  EXPECT_EQ(transfer_time(device, j, 1), Micros(900));
}

TEST(TransferTime, RoundsTheBaseLatencyAwayFromZero) {
  const DeviceConfig device{.read_bandwidth = 1, .write_bandwidth = 1, .base_latency = 80.5};
  EXPECT_EQ(transfer_time(device, job(kRead, 0), 1), Micros(81));
}

TEST(TransferTime, IsBoundedForVerySlowDevices) {
  const DeviceConfig device{.read_bandwidth = 1e-300, .write_bandwidth = 1};
  EXPECT_EQ(transfer_time(device, job(kRead, 1), 1), Micros(std::int64_t{1} << 60));
}

// The shipped device classes reading 64 blocks of 2 MiB.
TEST(TransferTime, MatchesTheDeviceTable) {
  const std::int64_t bytes = 64 * 2'097'152;
  const auto time_of = [&](double bandwidth, double base) {
    return transfer_time({.read_bandwidth = bandwidth, .write_bandwidth = 1, .base_latency = base},
                         job(kRead, bytes), 1);
  };
  EXPECT_EQ(time_of(7000, 80), Micros(19253));
  EXPECT_EQ(time_of(3500, 100), Micros(38447));
  EXPECT_EQ(time_of(550, 150), Micros(244182));
  EXPECT_EQ(time_of(20000, 1), Micros(6711));
  EXPECT_EQ(time_of(1000, 30000), Micros(164217));
}

// The seven transfers of spec kv-cache 7.4. There a write costs 10 ticks more than a read before
// its first byte; a device has one base latency, so these writes carry 20 bytes more instead.
TEST(TransferStation, LendsReadThreadsToWritesAndBack) {
  const DeviceConfig device{.read_bandwidth = 5, .write_bandwidth = 2, .base_latency = 10};
  TransferStation station(std::vector{tier(2, 1, device)});
  station.submit(job(kRead, 100), Micros(0));  // 1: read thread, 0 to 30
  station.submit(job(kRead, 100), Micros(0));  // 2: read thread, 0 to 30
  station.submit(job(kWrite, 80), Micros(0));  // 3: write thread, 0 to 50
  station.submit(job(kRead, 100), Micros(5));  // 4: read thread, 30 to 60
  station.submit(job(kWrite, 80), Micros(5));  // 5: read thread, 40 to 90, as no read waits then
  station.submit(job(kWrite, 80), Micros(6));  // 6: write thread, 50 to 100
  station.submit(job(kRead, 0), Micros(12));   // 7: read thread, 30 to 40
  EXPECT_EQ(poll(station, 29), Ids{});
  EXPECT_EQ(poll(station, 30), (Ids{1, 2}));
  EXPECT_EQ(poll(station, 40), (Ids{7}));
  EXPECT_EQ(poll(station, 50), (Ids{3}));
  EXPECT_EQ(poll(station, 60), (Ids{4}));
  EXPECT_EQ(poll(station, 90), (Ids{5}));
  EXPECT_EQ(station.in_flight(), 1);
  EXPECT_EQ(poll(station, 100), (Ids{6}));
}

TEST(TransferStation, PutsReadsBeforeWritesThatEndTogether) {
  const DeviceConfig device{.read_bandwidth = 1, .write_bandwidth = 1, .base_latency = 10};
  TransferStation station(std::vector{tier(1, 1, device)});
  for (int i = 0; i < 2; ++i) {
    station.submit(job(kRead, 0), Micros(0));
    station.submit(job(kWrite, 0), Micros(0));
  }
  EXPECT_EQ(poll(station, 100), (Ids{1, 2, 3, 4}));
}

TEST(TransferStation, ReportsWhatTakesNoTimeAtALaterPoll) {
  TransferStation station(std::vector{tier(1, 1, {.read_bandwidth = 1, .write_bandwidth = 1})});
  EXPECT_EQ(poll(station, 50), Ids{});
  station.submit(job(kRead, 0), Micros(50));
  EXPECT_EQ(poll(station, 50), Ids{});
  EXPECT_EQ(poll(station, 49), Ids{});  // a clock that goes back is harmless
  EXPECT_EQ(poll(station, 51), (Ids{1}));
}

struct Submission {
  TransferJob job;
  std::int64_t at = 0;
};

std::vector<Submission> any_submissions() {
  const auto count = *rc::gen::inRange<std::size_t>(0, 40);
  std::vector<Submission> submissions;
  std::int64_t now = 0;
  for (std::size_t i = 0; i < count; ++i) {
    now += *rc::gen::inRange<std::int64_t>(0, 30);
    submissions.push_back(
        {job(*rc::gen::arbitrary<bool>() ? kRead : kWrite, *rc::gen::inRange<std::int64_t>(0, 400),
             *rc::gen::inRange<std::int32_t>(0, 2)),
         now});
  }
  return submissions;
}

std::vector<SecondaryTierConfig> any_tiers() {
  std::vector<SecondaryTierConfig> tiers;
  for (int i = 0; i < 2; ++i) {
    tiers.push_back(tier(*rc::gen::inRange<std::int64_t>(1, 4),
                         *rc::gen::inRange<std::int64_t>(0, 3),
                         {.read_bandwidth = static_cast<double>(*rc::gen::inRange(1, 9)),
                          .write_bandwidth = static_cast<double>(*rc::gen::inRange(1, 9)),
                          .base_latency = static_cast<double>(*rc::gen::inRange(0, 50)),
                          .saturation_queue_depth = *rc::gen::inRange<std::int64_t>(0, 5),
                          .single_transfer_fraction = 0.4}));
  }
  return tiers;
}

// Laws 26 and 27: each transfer is done exactly once, in an order that does not depend on how often
// one looks.
RC_GTEST_PROP(TransferStationLaws, OrderDoesNotDependOnPolls, ()) {
  const auto tiers = any_tiers();
  const auto submissions = any_submissions();
  TransferStation rarely(tiers);
  TransferStation often(tiers);
  Ids done_rarely, done_often;
  std::int64_t now = 0;
  for (const Submission& s : submissions) {
    for (; now < s.at; ++now) poll(often, now, done_often);
    rarely.submit(s.job, Micros(s.at));
    often.submit(s.job, Micros(s.at));
  }
  poll(rarely, 1'000'000, done_rarely);
  poll(often, 1'000'000, done_often);
  RC_ASSERT(done_rarely == done_often);
  RC_ASSERT(done_rarely.size() == submissions.size());
  RC_ASSERT(rarely.in_flight() == 0);
  std::map<TransferId, int> times_done;
  for (const TransferId id : done_rarely) ++times_done[id];
  for (const auto& [id, count] : times_done) RC_ASSERT(count == 1);
}

// Law 28.
RC_GTEST_PROP(TransferStationLaws, MoreCompanyNeverSlowsATransfer, ()) {
  const DeviceConfig device = any_tiers()[0].device;
  const TransferJob any_job = job(kRead, *rc::gen::inRange<std::int64_t>(0, 100'000));
  const auto position = *rc::gen::inRange<std::int64_t>(1, 8);
  RC_ASSERT(transfer_time(device, any_job, position + 1) <=
            transfer_time(device, any_job, position));
  if (position >= device.saturation_queue_depth) {
    const auto plain =
        static_cast<std::int64_t>(device.base_latency) +
        static_cast<std::int64_t>(static_cast<double>(any_job.bytes) / device.read_bandwidth);
    RC_ASSERT(transfer_time(device, any_job, position) == Micros(plain));
  }
}

}  // namespace
}  // namespace blis::kv
