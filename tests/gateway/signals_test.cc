#include "gateway/signals.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gateway/decision_trace.h"
#include "testing/gateway_fixture.h"

namespace blis::gateway {
namespace {

/// Reports the test's number as its queue depth.
class FakeSource final : public SignalSource {
 public:
  explicit FakeSource(const std::int32_t& depth) : depth_(depth) {}
  void read(InstanceSignals& signals, InstanceDetails& /*details*/) const override {
    signals.waiting_requests = depth_;
  }

 private:
  const std::int32_t& depth_;
};

TEST(SignalBook, RefreshesOnDemandAndUnaligned) {
  std::int32_t depth = 0;
  SignalBook book({.refresh_interval = Micros(50'000), .cache_signal_delay = Micros(50'000)},
                  false);
  book.add_source(std::make_unique<FakeSource>(depth), nullptr, {});
  const auto read = [&](std::int64_t clock, std::int32_t live) {
    depth = live;
    return book.observe(Micros(clock)).candidates[0].waiting_requests;
  };
  EXPECT_EQ(read(10'000, 1), 0);  // zeros before the first refresh
  EXPECT_EQ(read(50'000, 2), 2);
  EXPECT_EQ(read(99'999, 3), 2);
  EXPECT_EQ(read(100'000, 4), 4);
  EXPECT_EQ(read(180'000, 5), 5);
  EXPECT_EQ(read(200'000, 6), 5);
  EXPECT_EQ(read(230'000, 7), 7);
}

TEST(SignalBook, IsLiveWithoutAnInterval) {
  std::int32_t depth = 3;
  SignalBook book({.refresh_interval = Micros(), .cache_signal_delay = Micros()}, false);
  book.add_source(std::make_unique<FakeSource>(depth), nullptr, {});
  EXPECT_EQ(book.observe(Micros(0)).candidates[0].waiting_requests, 3);
  depth = 4;
  EXPECT_EQ(book.observe(Micros(0)).candidates[0].waiting_requests, 4);
}

TEST(SignalBook, ShowsInFlightAtOnceAndNeverBelowZero) {
  std::int32_t depth = 0;
  SignalBook book({}, false);
  const InstanceId id = book.add_source(std::make_unique<FakeSource>(depth), nullptr, {});
  book.observe(Micros(1));
  book.add_in_flight(id);
  EXPECT_EQ(book.observe(Micros(1)).candidates[0].in_flight_requests, 1);
  EXPECT_TRUE(book.remove_in_flight(id, 1));
  EXPECT_FALSE(book.remove_in_flight(id, 1));
  EXPECT_EQ(book.in_flight(id), 0);
}

TEST(SignalBook, HidesWhatIsNotRoutableOrServesAnotherModel) {
  std::int32_t depth = 0;
  SymbolTable symbols;
  const Symbol a = symbols.intern("a");
  const Symbol b = symbols.intern("b");
  SignalBook book({}, false);
  InstanceProfile profile;
  profile.model = a;
  book.add_source(std::make_unique<FakeSource>(depth), nullptr, profile);
  profile.model = b;
  const InstanceId second = book.add_source(std::make_unique<FakeSource>(depth), nullptr, profile);
  EXPECT_EQ(book.observe(Micros()).candidates.size(), 2);
  ASSERT_EQ(book.observe(Micros(), b).candidates.size(), 1);
  EXPECT_EQ(book.observe(Micros(), b).candidates[0].instance, second);
  EXPECT_TRUE(book.observe(Micros(), symbols.intern("c")).candidates.empty());
  book.set_routable(second, false);
  EXPECT_EQ(book.observe(Micros()).candidates.size(), 1);
}

TEST(SignalBook, FiltersPoolsByRole) {
  std::int32_t depth = 0;
  SignalBook book({}, false);
  for (const PoolRoles roles : {kPrefillRole, kDecodeRole, kSharedRole, kNoRole}) {
    book.set_role(book.add_source(std::make_unique<FakeSource>(depth), nullptr, {}), roles);
  }
  EXPECT_EQ(book.observe_pool(Micros(), kPrefillRole).candidates.size(), 2);
  EXPECT_EQ(book.observe_pool(Micros(), kDecodeRole).candidates[1].instance.value(), 2);
}

// law data-plane L13: what is read is live as of some refresh at most one interval ago
RC_GTEST_PROP(SignalBook, IsNeverOlderThanTheInterval, ()) {
  std::int32_t depth = 0;
  const std::int64_t interval = *rc::gen::inRange(1, 100);
  SignalBook book({.refresh_interval = Micros(interval), .cache_signal_delay = Micros()}, false);
  book.add_source(std::make_unique<FakeSource>(depth), nullptr, {});
  std::int64_t clock = 0;
  for (int i = 0; i < 100; ++i) {
    clock += *rc::gen::inRange(0, 60);
    depth = static_cast<std::int32_t>(clock);  // the live value tells when it was taken
    const std::int64_t seen = book.observe(Micros(clock)).candidates[0].waiting_requests;
    RC_ASSERT(clock - seen < interval || (seen == 0 && clock < interval));
  }
}

TEST(DecisionTrace, RanksCandidatesAndMeasuresRegret) {
  DecisionTrace trace({.enabled = true, .counterfactual_k = 2});
  for (const char* name : {"instance_0", "instance_1", "instance_2"}) trace.add_instance(name);
  const std::vector candidates{testing::at(0, 15, 0), testing::at(1, 1, 0), testing::at(2, 5, 0)};
  RoutingDecision decision;
  decision.instance = InstanceId(std::uint32_t{0});
  trace.record_routing(RequestId(std::uint32_t{0}), {.clock = Micros(), .candidates = candidates},
                       decision);
  ASSERT_EQ(trace.routings().size(), 1);
  EXPECT_EQ(trace.routings()[0].regret, 14);
  ASSERT_EQ(trace.routings()[0].candidates.size(), 2);
  EXPECT_EQ(trace.routings()[0].candidates[0].instance.value(), 1);
  EXPECT_EQ(trace.routings()[0].candidates[1].instance.value(), 2);

  const std::vector<double> scores{0.4, 0.9, 0.6};
  decision.instance = InstanceId(std::uint32_t{2});
  decision.scores = scores;
  trace.record_routing(RequestId(std::uint32_t{1}), {.clock = Micros(), .candidates = candidates},
                       decision);
  const TraceSummary summary = trace.summarize();
  EXPECT_EQ(summary.targets,
            (std::map<std::string, std::int64_t>{{"instance_0", 1}, {"instance_2", 1}}));
  EXPECT_EQ(summary.max_regret, 14);
  EXPECT_EQ(summary.mean_regret, (14 + (0.9 - 0.6)) / 2);
}

}  // namespace
}  // namespace blis::gateway
