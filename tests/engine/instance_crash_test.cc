// An instance that dies, at any moment and with anything under way.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "testing/random_engine.h"

namespace blis::engine {
namespace {

using request::RequestState;
using testing::AdapterUse;
using testing::RandomEngine;

TEST(InstanceCrash, ReturnsEverybodyOnceAndLeavesNothingBehind) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    const int events = static_cast<int>(seed * 7 % 400);
    RandomEngine engine(seed, {.stepper = seed % 2 == 0 ? StepperKind::kFast : StepperKind::kPlain,
                               .adapters = static_cast<AdapterUse>(seed % 3)});
    for (int i = 0; i < events && engine.advance(); ++i) {
    }
    Instance& instance = engine.instance();
    std::set<RequestId> gone;
    for (const RandomEngine::End& end : engine.ends()) gone.insert(end.request);
    gone.insert(engine.evicted().begin(), engine.evicted().end());
    const std::vector<RequestId> hit = instance.crash();
    for (const RequestId id : hit) {
      ASSERT_TRUE(gone.insert(id).second) << "request " << id.value() << " had left";
      const request::Request& r = engine.requests()[id];
      EXPECT_EQ(r.state, RequestState::kQueued);
      EXPECT_EQ(r.progress, 0);
      EXPECT_EQ(r.measured.itl_count, 0);
      EXPECT_FALSE(r.measured.registered || r.measured.has_ttft || r.adapter_pinned);
      EXPECT_EQ(std::ranges::count(instance.rows(), id), 0);
    }
    EXPECT_EQ(gone.size(), engine.requests().size()) << "nobody is forgotten";
    EXPECT_TRUE(instance.is_idle());
    EXPECT_EQ(instance.kv().used_blocks(), 0);
    EXPECT_EQ(instance.next_event_time(), Micros::max());
    EXPECT_TRUE(instance.crash().empty());
    instance.finalize();
    EXPECT_EQ(instance.metrics().still_queued + instance.metrics().still_running, 0);
  }
}

TEST(InstanceCrash, GivesBackTheOutputLimitThatTheInstanceSet) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomEngine before(seed, {.is_calm = true});
    RandomEngine engine(seed, {.is_calm = true});
    for (int i = 0; i < 60 && engine.advance(); ++i) {
    }
    for (const RequestId id : engine.instance().crash()) {
      const request::RequestSpec& spec = before.requests()[id].spec;
      // A sender's own limit that is the same counts as the instance's; the next one sets it again.
      const std::int64_t of_instance = engine.instance().max_model_len_tokens() - spec.input_tokens;
      EXPECT_EQ(engine.requests()[id].spec.max_output_tokens,
                spec.max_output_tokens == of_instance ? 0 : spec.max_output_tokens);
    }
  }
}

TEST(InstanceReturnUnscheduled, ReturnsWhoWaitsAndHasNeverRun) {
  int returned = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    RandomEngine engine(seed, {.stepper = seed % 2 == 0 ? StepperKind::kFast : StepperKind::kPlain,
                               .adapters = static_cast<AdapterUse>(seed % 3)});
    for (std::uint64_t i = 0; i < seed * 3 % 200 && engine.advance(); ++i) {
    }
    Instance& instance = engine.instance();
    std::vector<RequestId> expected;
    std::vector<RequestId> staying;
    std::int64_t input_tokens = instance.metrics().total_input_tokens;
    for (const RequestId id : instance.waiting_requests()) {
      const request::Request& r = engine.requests()[id];
      (r.measured.has_scheduling_delay ? staying : expected).push_back(id);
      if (!r.measured.has_scheduling_delay) input_tokens -= r.spec.input_tokens;
    }
    const std::vector<RequestId> got = instance.return_unscheduled();
    ASSERT_EQ(got, expected);
    EXPECT_EQ(instance.waiting_requests(), staying);
    EXPECT_EQ(instance.metrics().total_input_tokens, input_tokens);
    for (const RequestId id : got) {
      EXPECT_EQ(engine.requests()[id].state, RequestState::kQueued);
      EXPECT_FALSE(engine.requests()[id].measured.registered);
      EXPECT_EQ(std::ranges::count(instance.rows(), id), 0);
    }
    returned += static_cast<int>(got.size());
    const std::size_t ends_before = engine.ends().size();
    while (engine.advance()) {
    }
    for (std::size_t i = ends_before; i < engine.ends().size(); ++i) {
      EXPECT_EQ(std::ranges::count(got, engine.ends()[i].request), 0)
          << "not even its deadline matters here";
    }
  }
  EXPECT_GT(returned, 100);
}

TEST(InstanceAbort, TakesARequestOffWhereverItIs) {
  int aborted = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    RandomEngine engine(seed,
                        {.stepper = seed % 2 == 0 ? StepperKind::kFast : StepperKind::kPlain});
    for (std::uint64_t i = 0; i < seed * 5 % 300 && engine.advance(); ++i) {
    }
    Instance& instance = engine.instance();
    std::set<RequestId> ended;
    for (const RandomEngine::End& end : engine.ends()) ended.insert(end.request);
    ended.insert(engine.evicted().begin(), engine.evicted().end());
    for (std::size_t i = 0; i < engine.requests().size(); i += 2) {
      const RequestId id(i);
      EXPECT_EQ(instance.abort(id, instance.clock()), !ended.contains(id));
      aborted += ended.insert(id).second ? 1 : 0;
    }
    const std::size_t ends_before = engine.ends().size();
    while (engine.advance()) {
    }
    for (std::size_t i = ends_before; i < engine.ends().size(); ++i) {
      EXPECT_EQ(engine.ends()[i].request.value() % 2, 1u) << "an aborted request ended";
    }
  }
  EXPECT_GT(aborted, 500);
}

}  // namespace
}  // namespace blis::engine
