// The platform under a clock that the test turns.

#include "live/serve/platform.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "testing/fixed_latency.h"
#include "testing/list_source.h"

namespace blis::live {
namespace {

class PlatformTest : public ::testing::Test {
 protected:
  PlatformTest() {
    config.model = "m";
    config.instance.total_kv_blocks = 1000;
    config.latency = std::make_shared<testing::FixedLatency>(1000, 0, 0, 0);
  }
  Platform& platform() {
    if (!platform_) {
      platform_ = std::make_unique<Platform>(config, std::make_shared<SymbolTable>(), diagnostics_);
    }
    return *platform_;
  }
  /// Tokens that nobody else has.
  request::RequestSpec request(std::int64_t input, std::int64_t output) {
    return std::move(source_.add(input, output));
  }
  std::vector<Notice> notices_until(Micros now) {
    std::vector<Notice> notices;
    platform().advance(now);
    while (const auto notice = platform().next_notice(now)) notices.push_back(*notice);
    return notices;
  }

  cluster::ClusterConfig config;

 private:
  testing::ListSource source_;
  Diagnostics diagnostics_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(PlatformTest, TokensComeOutWhenTheyAreDue) {
  // One prefill step and one step per further token, 1 ms each, from the arrival at 5 ms on.
  const Ticket ticket = platform().submit(request(10, 3), Micros(5000));
  EXPECT_TRUE(notices_until(Micros(5999)).empty());
  EXPECT_EQ(platform().next_due(), Micros(6000));
  const std::vector<Notice> first = notices_until(Micros(6000));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].ticket, ticket);
  EXPECT_EQ(first[0].tokens, 1);
  EXPECT_EQ(first[0].at, Micros(6000));
  const std::vector<Notice> rest = notices_until(Micros(10'000));
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[1].tokens, 3);
  EXPECT_EQ(rest[1].at, Micros(8000));
  EXPECT_EQ(rest[1].gap, Micros(1000));
  EXPECT_EQ(rest[2].ended, EndReason::kCompleted);
  EXPECT_EQ(rest[2].record.ttft, Micros(1000));
  EXPECT_EQ(rest[2].record.e2e, Micros(3000));
  EXPECT_EQ(platform().in_flight(), 0U);
  EXPECT_EQ(platform().next_due(), Micros::max());
}

TEST_F(PlatformTest, RequestsCannotArriveInThePast) {
  notices_until(Micros(9000));
  platform().submit(request(10, 1), Micros(9000));
  const std::vector<Notice> notices = notices_until(Micros(20'000));
  ASSERT_FALSE(notices.empty());
  EXPECT_EQ(notices[0].at, Micros(10'001));
}

TEST_F(PlatformTest, PromptsFoundInTheCacheAreCounted) {
  request::RequestSpec spec = request(40, 1);
  platform().submit(spec, Micros(0));
  EXPECT_EQ(notices_until(Micros(5000)).back().record.cached_tokens, 0);
  platform().submit(spec, Micros(6000));
  EXPECT_EQ(notices_until(Micros(15'000)).back().record.cached_tokens, 32);  // two full blocks
}

TEST_F(PlatformTest, CancelledRequestsGiveTheirRoomBack) {
  const Ticket ticket = platform().submit(request(100, 1000), Micros(0));
  notices_until(Micros(5000));
  const engine::Instance& instance = platform().simulation().fleet()[InstanceId(std::size_t{0})];
  EXPECT_EQ(instance.batch_size(), 1);
  platform().cancel(ticket);
  EXPECT_EQ(instance.batch_size(), 0);
  EXPECT_EQ(instance.kv().used_blocks(), 0);
  EXPECT_TRUE(notices_until(Micros(5'000'000)).empty());
  EXPECT_EQ(platform().in_flight(), 0U);
}

TEST_F(PlatformTest, CancelledBeforeTheyAreSeenTheyNeverRun) {
  config.gateway.routing_latency = Micros(2000);
  const Ticket early = platform().submit(request(10, 50), Micros(1000));
  platform().cancel(early);
  const Ticket routed = platform().submit(request(10, 50), Micros(1000));
  notices_until(Micros(1500));
  platform().cancel(routed);  // on its way between gateway and instance
  EXPECT_TRUE(notices_until(Micros(1'000'000)).empty());
  const engine::Instance& instance = platform().simulation().fleet()[InstanceId(std::size_t{0})];
  EXPECT_EQ(instance.metrics().completed_requests, 0);
  EXPECT_TRUE(instance.is_idle());
}

TEST_F(PlatformTest, RejectionsAndUnservableRequestsAreTold) {
  config.instance.total_kv_blocks = 4;
  platform().submit(request(100, 5), Micros(0));
  const std::vector<Notice> notices = notices_until(Micros(1000));
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].ended, EndReason::kUnservable);
}

TEST_F(PlatformTest, NobodyGetsInWithoutTokensInTheBucket) {
  config.gateway.admission.policy = "token-bucket";
  config.gateway.admission.token_bucket = {.capacity_tokens = 50, .refill_tokens_per_s = 1};
  platform().submit(request(40, 2), Micros(0));
  platform().submit(request(40, 2), Micros(0));
  std::map<EndReason, int> ends;
  for (const Notice& notice : notices_until(Micros(100'000))) {
    if (notice.ended) ++ends[*notice.ended];
  }
  EXPECT_EQ(ends,
            (std::map<EndReason, int>{{EndReason::kCompleted, 1}, {EndReason::kRejected, 1}}));
}

TEST_F(PlatformTest, SplitRequestsStreamFromTheirDecodeHalf) {
  config.num_instances = 2;
  config.disaggregation.pools.prefill = 1;
  config.disaggregation.pools.decode = 1;
  config.disaggregation.decider = "always";
  const Ticket ticket = platform().submit(request(32, 5), Micros(0));
  std::int64_t tokens = 0;
  std::optional<EndReason> end;
  for (const Notice& notice : notices_until(Micros(10'000'000))) {
    EXPECT_EQ(notice.ticket, ticket);
    EXPECT_EQ(notice.instance, InstanceId(std::size_t{1}));
    tokens += notice.new_tokens;
    end = notice.ended;
  }
  EXPECT_EQ(tokens, 5);
  EXPECT_EQ(end, EndReason::kCompleted);
}

TEST_F(PlatformTest, RequestsOfABrokenInstanceAreLostAndOthersGoOn) {
  config.num_instances = 2;
  config.latency = std::make_shared<testing::FixedLatency>(1000, 500, 0, 0);  // 500 us on the way
  const Ticket on_first = platform().submit(request(10, 20), Micros(0));
  const Ticket on_second = platform().submit(request(10, 20), Micros(0));
  const Ticket on_the_way = platform().submit(request(10, 20), Micros(5800));
  notices_until(Micros(6000));
  platform().drop_instance(InstanceId(std::size_t{0}));
  const Ticket later = platform().submit(request(10, 20), Micros(7000));
  std::map<Ticket, EndReason> ends;
  for (const Notice& notice : notices_until(Micros(1'000'000))) {
    if (notice.ended) ends[notice.ticket] = *notice.ended;
  }
  EXPECT_EQ(ends, (std::map<Ticket, EndReason>{{on_first, EndReason::kInstanceLost},
                                               {on_second, EndReason::kCompleted},
                                               {on_the_way, EndReason::kInstanceLost},
                                               {later, EndReason::kCompleted}}));
}

TEST_F(PlatformTest, CancelledSplitRequestsLeaveBothInstances) {
  config.num_instances = 2;
  config.disaggregation.pools.prefill = 1;
  config.disaggregation.pools.decode = 1;
  config.disaggregation.decider = "always";
  for (int after = 0; after < 20; ++after) {
    const Micros start = Micros(1'000'000 * after);
    const Ticket ticket = platform().submit(request(32, 500), start);
    notices_until(start + Micros(250 * after));
    platform().cancel(ticket);
    EXPECT_TRUE(notices_until(start + Micros(900'000)).empty());
    for (std::size_t i = 0; i < 2; ++i) {
      const engine::Instance& instance = platform().simulation().fleet()[InstanceId(i)];
      EXPECT_TRUE(instance.is_idle());
      EXPECT_EQ(instance.kv().used_blocks(), 0);
    }
  }
}

/// How many things are kept, after `requests` that ended in every way there is.
Platform::Room room_after(const cluster::ClusterConfig& config, int requests) {
  Diagnostics diagnostics;
  const auto symbols = std::make_shared<SymbolTable>();
  const Symbol unimportant = symbols->intern("background");
  Platform platform(config, symbols, diagnostics);
  testing::ListSource source;
  Micros now;
  const auto listen = [&] {
    platform.advance(now);
    while (platform.next_notice(now)) {
    }
    platform.take_steps();
  };
  for (int i = 0; i < requests; ++i) {
    now = now + Micros(200 + i % 300);
    request::RequestSpec spec = source.add(i % 11 == 0 ? 1100 : 10 + i % 50, 1 + i % 7);
    if (i % 3 == 0) spec.slo_class = unimportant;
    const Ticket ticket = platform.submit(std::move(spec), now);
    if (i % 5 != 0) listen();
    if (i % 7 == 0) platform.cancel(ticket);
    source.specs.clear();
  }
  now = now + Micros(100'000'000);
  listen();
  EXPECT_EQ(platform.in_flight(), 0U);
  return platform.room();
}

void expect_nothing_is_left(const Platform::Room& room) {
  EXPECT_EQ(room.own, 0U);
  EXPECT_EQ(room.table.records, 0U);
  EXPECT_LE(room.table.rows, 400U);  // as many as were under way at a time
  EXPECT_LE(room.table.ids, 2'100U);
  EXPECT_LE(room.rows, 2'048U);
}

TEST_F(PlatformTest, WhatIsKeptDoesNotGrowWithTheRequestsServed) {
  config.num_instances = 2;
  config.instance.max_model_len_tokens = 1000;
  expect_nothing_is_left(room_after(config, 20'000));
  config.gateway.admission.policy = "token-bucket";
  config.gateway.admission.token_bucket = {.capacity_tokens = 100, .refill_tokens_per_s = 50'000};
  expect_nothing_is_left(room_after(config, 20'000));
}

TEST_F(PlatformTest, WhatWaitedAtTheGatewayIsForgottenToo) {
  config.num_instances = 2;
  config.instance.max_num_seqs = 2;
  config.instance.max_model_len_tokens = 1000;
  config.gateway.flow_control.enabled = true;
  config.gateway.flow_control.saturation.detector = "concurrency";
  config.gateway.flow_control.max_queue_depth = 100;
  config.gateway.flow_control.request_ttl = Micros(20'000);
  config.gateway.flow_control.in_flight_eviction = true;
  config.gateway.trace.enabled = true;  // nobody reads it, so nothing is recorded
  expect_nothing_is_left(room_after(config, 20'000));
}

/// Whatever the clock does between, the same requests get the same tokens at the same times.
RC_GTEST_PROP(PlatformClock, HowOftenItIsLookedAtDoesNotMatter, ()) {
  const auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 3000));
  const auto pauses = *rc::gen::container<std::vector<int>>(100, rc::gen::inRange(1, 2000));
  const auto play = [&](bool often) {
    cluster::ClusterConfig config;
    config.model = "m";
    config.num_instances = 2;
    config.instance.total_kv_blocks = 40;
    config.instance.max_num_seqs = 4;
    config.latency = std::make_shared<testing::FixedLatency>(700, 10, 3, 20);
    Diagnostics diagnostics;
    Platform platform(config, std::make_shared<SymbolTable>(), diagnostics);
    testing::ListSource source;
    std::vector<std::tuple<Ticket, std::int64_t, std::int64_t>> heard;
    const auto listen = [&](Micros now) {
      platform.advance(now);
      while (const auto notice = platform.next_notice(now)) {
        heard.emplace_back(notice->ticket, notice->tokens, notice->at.count());
      }
    };
    Micros now;
    std::size_t pause = 0;
    for (const int gap : gaps) {
      const Micros arrival = now + Micros(gap);
      while (often && now + Micros(1) < arrival) {
        now = std::min(now + Micros(pauses[pause++ % pauses.size()]), arrival - Micros(1));
        listen(now);
      }
      now = arrival;
      platform.advance(arrival - Micros(1));
      platform.submit(source.add(20 + gap % 50, 1 + gap % 40), arrival);
    }
    listen(Micros(1'000'000'000));
    return heard;
  };
  RC_ASSERT(play(true) == play(false));
}

}  // namespace
}  // namespace blis::live
