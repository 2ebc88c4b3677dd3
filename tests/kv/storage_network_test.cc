// What instances share below their CPU tiers: the bandwidth of a device, and remote stores.
#include "kv/storage_network.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "kv/offload_cache.h"
#include "testing/kv_requests.h"

namespace blis::kv {
namespace {

using ::blis::testing::KvRequest;
using ::blis::testing::token_run;

constexpr std::int64_t kBlockBytes = 4096;

bool by_id(RequestId a, RequestId b) { return a < b; }

SecondaryTierConfig tier(double bandwidth, double base = 0) {
  SecondaryTierConfig tier;
  tier.root_dir = "/disk";
  tier.device = {.read_bandwidth = bandwidth, .write_bandwidth = bandwidth, .base_latency = base};
  return tier;
}

SecondaryTierConfig sharing(SecondaryTierConfig tier, double read, double write) {
  tier.shared_device = {.name = "nas", .read_bandwidth = read, .write_bandwidth = write};
  return tier;
}

SecondaryTierConfig remote(std::int64_t capacity_blocks = 0) {
  SecondaryTierConfig pool = tier(7000, 80);
  pool.type = "remote";
  pool.root_dir = "pool";
  pool.capacity_bytes = capacity_blocks * kBlockBytes;
  return pool;
}

OffloadConfig chain(std::vector<SecondaryTierConfig> tiers) {
  OffloadConfig config;
  config.cpu_bytes_to_use = 100 * kBlockBytes;
  config.per_block_bytes = kBlockBytes;
  config.block_size = 2;
  config.secondary_tiers = std::move(tiers);
  return config;
}

/// A transfer, so many ticks after the one before.
struct Submission {
  std::int64_t after = 0;
  TransferJob job;
};

/// When each transfer is done, submission by submission; looked at tick by tick.
std::vector<std::int64_t> completions(TransferStation& station,
                                      const std::vector<Submission>& submissions) {
  std::vector<std::int64_t> at(submissions.size(), -1);
  std::vector<CompletedTransfer> done;
  std::size_t next = 0;
  std::int64_t due = 0;
  for (std::int64_t now = 0; std::ranges::count(at, -1) > 0; ++now) {
    while (next < submissions.size() && due + submissions[next].after <= now) {
      due += submissions[next].after;
      station.submit(submissions[next++].job, Micros(now));
    }
    done.clear();
    station.poll(Micros(now), done);
    for (const CompletedTransfer& transfer : done) at[transfer.id - 1] = now;
  }
  return at;
}

// 1000 bytes at 10 bytes per tick take 100 ticks; together they take 200, whichever tier or
// direction they belong to.
TEST(SharedDevice, LetsThroughNoMoreThanItsBandwidth) {
  TransferStation station(std::vector{sharing(tier(10), 10, 10), sharing(tier(10), 10, 10)});
  EXPECT_EQ(
      completions(station, {{0, {.tier = 0, .bytes = 1000}},
                            {0, {.tier = 1, .direction = TransferDirection::kWrite, .bytes = 1000}},
                            {250, {.tier = 0, .bytes = 500}}}),
      (std::vector<std::int64_t>{100, 200, 300}));
  const SharedDeviceUse use = station.shared_devices().at(0);
  EXPECT_EQ(use.read_bytes, 1500);
  EXPECT_EQ(use.written_bytes, 1000);
  EXPECT_EQ(use.busy_ns, 250'000);
}

TEST(SharedDevice, LeavesALoneTransferAsItIs) {
  TransferStation station(std::vector{sharing(tier(10, 7), 40, 20)});
  EXPECT_EQ(completions(station, {{0, {.bytes = 1000}}}), std::vector<std::int64_t>{107});
}

std::vector<Submission> any_submissions() {
  return *rc::gen::container<std::vector<Submission>>(rc::gen::apply(
      [](std::int64_t after, std::int32_t tier, bool is_read, std::int64_t bytes) {
        return Submission{
            after,
            {.tier = tier,
             .direction = is_read ? TransferDirection::kRead : TransferDirection::kWrite,
             .bytes = bytes}};
      },
      rc::gen::inRange<std::int64_t>(0, 40), rc::gen::inRange<std::int32_t>(0, 2),
      rc::gen::arbitrary<bool>(), rc::gen::inRange<std::int64_t>(0, 3000)));
}

std::vector<std::int64_t> run(const std::vector<SecondaryTierConfig>& tiers,
                              const std::vector<Submission>& submissions) {
  TransferStation station(tiers);
  return completions(station, submissions);
}

// The device moves its bytes in time: the last transfer is done no earlier than all bytes would
// take it, and no later than one after the other would take them.
RC_GTEST_PROP(SharedDevice, NeverMovesMoreThanItCan, ()) {
  const std::vector<Submission> submissions = any_submissions();
  if (submissions.empty()) return;
  const double total = *rc::gen::inRange(1, 60);
  const auto at =
      run({sharing(tier(20, 3), total, total), sharing(tier(9), total, total)}, submissions);
  double bytes = 0;
  for (const Submission& s : submissions) bytes += static_cast<double>(s.job.bytes);
  const double last = static_cast<double>(*std::ranges::max_element(at));
  RC_ASSERT(last * total + 1 >= bytes);
}

RC_GTEST_PROP(SharedDevice, WithPlentyOfBandwidthIsNotThere, ()) {
  const std::vector<Submission> submissions = any_submissions();
  RC_ASSERT(run({sharing(tier(20, 3), 1e12, 1e12), sharing(tier(9), 1e12, 1e12)}, submissions) ==
            run({tier(20, 3), tier(9)}, submissions));
}

/// Two instances on one network.
class TwoInstances {
 public:
  explicit TwoInstances(std::vector<SecondaryTierConfig> tiers) {
    KvConfig config;
    config.total_blocks = 20;
    config.block_size = 2;
    config.offload = chain(std::move(tiers));
    first.emplace(config, by_id, &network);
    second.emplace(config, by_id, &network);
  }

  StorageNetwork network;
  std::optional<OffloadCache> first;
  std::optional<OffloadCache> second;
};

/// Runs a whole prompt at `now` and copies it out.
void run_prompt(OffloadCache& cache, const KvRequest& r, std::int64_t now) {
  cache.set_clock(Micros(now));
  ASSERT_TRUE(cache.allocate(r.client(), 0, r.client().input_tokens, {}));
  cache.mirror(std::vector{r.client()});
  cache.release(r.id());
}

std::vector<RequestId> poll(OffloadCache& cache, std::int64_t now) {
  cache.set_clock(Micros(now));
  std::vector<RequestId> deferred;
  cache.poll_deferred(Micros(now), deferred);
  return deferred;
}

// A write of one block takes 80 + 4096 / 7000 = 80 ticks.
TEST(RemoteStore, BringsOneInstanceWhatAnotherComputed) {
  TwoInstances instances({remote()});
  const KvRequest a(0, 2, token_run(0, 4), {});
  const KvRequest b(1, 2, token_run(0, 4), {});
  run_prompt(*instances.first, a, 0);
  // Not there before the writes have ended, although nobody stands in the way.
  instances.second->set_clock(Micros(79));
  EXPECT_EQ(instances.second->tiers().storage_tier_of(b.client().input_keys()[0]), std::nullopt);
  // There from then on, although the writer has not noticed yet.
  instances.second->set_clock(Micros(1000));
  EXPECT_EQ(instances.second->tiers().storage_tier_of(b.client().input_keys()[1]), 0);

  EXPECT_FALSE(instances.second->allocate(b.client(), 0, 4, {}));
  EXPECT_TRUE(instances.second->is_deferred(b.id()));
  EXPECT_EQ(poll(*instances.second, 2000).size(), 1U);  // starts the read
  EXPECT_EQ(poll(*instances.second, 3000).size(), 0U);
  EXPECT_TRUE(instances.second->allocate(b.client(), 0, 4, {}));
  EXPECT_EQ(instances.second->reloaded_blocks(), 2);
  EXPECT_EQ(instances.second->gpu().hits(), 2);

  const RemoteStoreUse use = instances.network.use().stores.at(0);
  EXPECT_EQ(use.name, "pool");
  EXPECT_EQ(use.blocks, 2);
  EXPECT_EQ(use.written_blocks, 2);
  EXPECT_EQ(use.read_blocks, 2);
  EXPECT_EQ(use.foreign_read_blocks, 2);
}

TEST(RemoteStore, IsSparedWhatItHasOrExpects) {
  TwoInstances instances({remote()});
  const KvRequest a(0, 2, token_run(0, 4), {});
  const KvRequest b(1, 2, token_run(0, 6), {});
  run_prompt(*instances.first, a, 0);
  run_prompt(*instances.second, b, 10);  // the first two are on their way
  instances.second->set_clock(Micros(1000));
  const RemoteStoreUse use = instances.network.use().stores.at(0);
  EXPECT_EQ(use.written_blocks, 3);
  EXPECT_EQ(use.spared_writes, 2);
  // What is not written is not pinned in the CPU tier.
  EXPECT_EQ(instances.second->tiers().cpu().evictable(), 3);
}

TEST(RemoteStore, ForgetsTheLeastRecentlyUsedBlockWhenFull) {
  RemoteStore store("pool", 2);
  const auto keys = testing::keys_of(token_run(0, 6), 2);
  for (const auto& key : keys) EXPECT_TRUE(store.start_write(key, 0));
  store.finish_write(keys[0]);
  store.finish_write(keys[1]);
  store.read(keys[0], 0);
  store.finish_write(keys[2]);
  EXPECT_TRUE(store.contains(keys[0]));
  EXPECT_FALSE(store.contains(keys[1]));
  EXPECT_EQ(store.use().evicted_blocks, 1);
  EXPECT_EQ(store.use().foreign_read_blocks, 0);
  EXPECT_TRUE(store.start_write(keys[1], 0)) << "what was forgotten may be written again";
}

TEST(RemoteStore, RecomputesWhatItHasLostBeforeTheRead) {
  TwoInstances instances({remote(2)});
  const KvRequest a(0, 2, token_run(0, 4), {});
  const KvRequest b(1, 2, token_run(0, 4), {});
  const KvRequest c(2, 2, token_run(100, 4), {});
  run_prompt(*instances.first, a, 0);
  instances.second->set_clock(Micros(1000));
  EXPECT_FALSE(instances.second->allocate(b.client(), 0, 4, {}));
  run_prompt(*instances.first, c, 1000);  // drives the prefix out
  EXPECT_EQ(poll(*instances.second, 2000).size(), 0U);
  EXPECT_TRUE(instances.second->allocate(b.client(), 0, 4, {}));
  EXPECT_EQ(instances.second->reloaded_blocks(), 0);
  EXPECT_EQ(instances.second->tiers().promotions_failed(), 1);
}

// Tiers that nobody shares are the same on a common network as on one of their own.
TEST(StorageNetwork, KeepsOwnTiersApart) {
  TwoInstances instances({tier(7000, 80)});
  const KvRequest a(0, 2, token_run(0, 4), {});
  run_prompt(*instances.first, a, 0);
  instances.second->set_clock(Micros(1000));
  EXPECT_EQ(instances.second->tiers().storage_tier_of(a.client().input_keys()[0]), std::nullopt);
  instances.first->set_clock(Micros(1000));
  EXPECT_EQ(instances.first->tiers().storage_tier_of(a.client().input_keys()[0]), 0);
  EXPECT_EQ(instances.first->tiers().stored_blocks(0), 2);
}

}  // namespace
}  // namespace blis::kv
