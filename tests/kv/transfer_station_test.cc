// SOURCE spec kv-cache 7, laws 26 to 29.
#include "kv/transfer_station.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <span>
#include <tuple>
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

/// The station as spec kv-cache 7.3 tells it, tick by tick: one list of threads and two queues per
/// tier.
class ThreadModel {
 public:
  explicit ThreadModel(std::span<const SecondaryTierConfig> configs) {
    for (const SecondaryTierConfig& config : configs) {
      Tier& tier = tiers_.emplace_back();
      tier.device = config.device;
      for (std::int64_t i = 0; i < config.n_read_threads; ++i)
        tier.threads.push_back({.reads = true});
      for (std::int64_t i = 0; i < config.n_write_threads; ++i) tier.threads.push_back({});
    }
  }

  void submit(TransferId id, const TransferJob& job, std::int64_t now) {
    Tier& tier = tiers_[static_cast<std::size_t>(job.tier)];
    tier.queue[job.direction].push_back({id, now, job});
    serve(tier, now);
  }

  /// Transfers that end at `now`, one after the other; after each of them, idle threads look for
  /// the next one.
  void tick(std::int64_t now, std::map<TransferId, std::int64_t>& done_at) {
    for (Tier& tier : tiers_) {
      std::map<std::tuple<std::int64_t, TransferDirection, TransferId>, Thread*> ending;
      for (Thread& thread : tier.threads) {
        if (!thread.is_busy || thread.free_at != now) continue;
        ending[{thread.job.submitted, thread.job.job.direction, thread.job.id}] = &thread;
      }
      for (const auto& [order, thread] : ending) {
        done_at[thread->job.id] = now;
        --tier.in_service[thread->job.job.direction];
        thread->is_busy = false;
        serve(tier, now);
      }
    }
  }

 private:
  struct Waiting {
    TransferId id = 0;
    std::int64_t submitted = 0;
    TransferJob job;
  };
  struct Thread {
    bool reads = false;
    bool is_busy = false;
    Waiting job{};
    std::int64_t free_at = 0;
  };
  struct Tier {
    DeviceConfig device;
    std::vector<Thread> threads;
    std::map<TransferDirection, std::deque<Waiting>> queue;
    std::map<TransferDirection, std::int64_t> in_service;
  };

  static void serve(Tier& tier, std::int64_t now) {
    for (Thread& thread : tier.threads) {
      if (thread.is_busy) continue;
      const auto own = thread.reads ? kRead : kWrite;
      const auto other = thread.reads ? kWrite : kRead;
      const auto takes = tier.queue[own].empty() ? other : own;
      if (tier.queue[takes].empty()) continue;
      thread.is_busy = true;
      thread.job = tier.queue[takes].front();
      tier.queue[takes].pop_front();
      const std::int64_t position = ++tier.in_service[takes];
      thread.free_at = now + transfer_time(tier.device, thread.job.job, position).count();
    }
  }

  std::vector<Tier> tiers_;
};

// Law 26: no more are in service than there are threads, a thread idles only if nothing waits, and
// each queue is served from its front.
RC_GTEST_PROP(TransferStationLaws, ServesLikeThreadsThatTakeTheNextJob, ()) {
  auto tiers = any_tiers();
  for (SecondaryTierConfig& tier : tiers) tier.device.base_latency += 1;  // nothing takes no time
  const auto submissions = any_submissions();
  TransferStation station(tiers);
  ThreadModel model(tiers);
  std::map<TransferId, std::int64_t> done_at;
  std::map<TransferId, std::int64_t> expected;
  std::size_t next = 0;
  for (std::int64_t now = 1; now < 200'000; ++now) {
    for (const TransferId id : poll(station, now)) done_at[id] = now;
    model.tick(now, expected);
    for (; next < submissions.size() && submissions[next].at <= now; ++next) {
      model.submit(station.submit(submissions[next].job, Micros(now)), submissions[next].job, now);
    }
    if (next == submissions.size() && station.in_flight() == 0) break;
  }
  RC_ASSERT(station.in_flight() == 0);
  RC_ASSERT(done_at == expected);
}

// Law 28, last part: twice the bytes take twice the time on the wire, up to the truncation.
RC_GTEST_PROP(TransferStationLaws, TimeOnTheWireIsLinearInBytes, ()) {
  const DeviceConfig device{.read_bandwidth = *rc::gen::inRange(1, 9000) / 7.0,
                            .write_bandwidth = 1,
                            .base_latency = static_cast<double>(*rc::gen::inRange(0, 500))};
  const auto bytes = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
  const auto wire_us = [&](std::int64_t n) {
    return transfer_time(device, job(kRead, n), 1).count() -
           static_cast<std::int64_t>(device.base_latency);
  };
  const std::int64_t rest = wire_us(2 * bytes) - 2 * wire_us(bytes);
  RC_ASSERT(0 <= rest);
  RC_ASSERT(rest <= 1);
}

/// Sum of the times that 10 reads wait behind a burst of writes and are read.
std::int64_t read_latency_us(const SecondaryTierConfig& config, int writes) {
  TransferStation station(std::vector{config});
  for (int i = 0; i < writes; ++i) station.submit(job(kWrite, 300), Micros(0));
  std::map<TransferId, std::int64_t> submitted;
  for (std::int64_t i = 0; i < 10; ++i) {
    submitted[station.submit(job(kRead, 200), Micros(5 * i))] = 5 * i;
  }
  std::int64_t sum = 0;
  for (std::int64_t now = 46; station.in_flight() > 0; ++now) {
    for (const TransferId id : poll(station, now)) {
      if (submitted.contains(id)) sum += now - submitted[id];
    }
  }
  return sum;
}

// Law 29: read threads that writes occupy are the fewer the more write threads there are.
RC_GTEST_PROP(TransferStationLaws, MoreWriteThreadsNeverDelayReads, ()) {
  SecondaryTierConfig config =
      tier(*rc::gen::inRange<std::int64_t>(1, 4), *rc::gen::inRange<std::int64_t>(0, 6),
           {.read_bandwidth = 10,
            .write_bandwidth = static_cast<double>(*rc::gen::inRange(1, 10)),
            .base_latency = 60});
  const auto writes = *rc::gen::inRange(0, 30);
  const std::int64_t with_few = read_latency_us(config, writes);
  ++config.n_write_threads;
  RC_ASSERT(read_latency_us(config, writes) <= with_few);
}

}  // namespace
}  // namespace blis::kv
