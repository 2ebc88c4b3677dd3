// A server forgets requests that have ended: that must not show in anything that happens, and must
// leave nothing behind.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "cluster/simulation.h"
#include "testing/growing_source.h"
#include "testing/random_platform.h"

namespace blis::cluster {
namespace {

using testing::Draw;
using testing::draw_platform;
using testing::FollowUps;
using testing::GrowingSource;
using testing::RandomPlatform;

/// Writes down what a simulation tells, and knows who is under way.
class Chronicle final : public LiveListener {
 public:
  Simulation* simulation = nullptr;
  std::string text;
  std::vector<RequestId> under_way;

  void on_arrival(RequestId id) override { under_way.push_back(id); }
  void on_step(InstanceId instance) override {
    text += fmt::format("step {}:", instance.value());
    for (const RequestId id : simulation->fleet()[instance].running_requests()) {
      const engine::TokenProgress now = simulation->fleet()[instance].token_progress(id);
      text += fmt::format(" {}={}@{}", number(id), now.tokens, now.last_token_at.count());
    }
    text += "\n";
  }
  void on_end(RequestId id, request::TerminalOutcome outcome, Micros at) override {
    const request::Measurements& m = simulation->requests()[id].measured;
    text += fmt::format("end {} {} {} {} {}\n", number(id), static_cast<int>(outcome), at.count(),
                        m.e2e.count(), m.ttft.count());
    std::erase(under_way, id);
  }
  void on_loss(RequestId id, Loss loss, Micros at) override {
    text += fmt::format("loss {} {} {}\n", number(id), static_cast<int>(loss), at.count());
    std::erase(under_way, id);
  }

 private:
  std::int64_t number(RequestId id) const { return simulation->requests()[id].spec.name.number; }
};

struct Story {
  std::string text;
  request::RequestTable::Room room;
  bool forgets = false;
};

/// The platform under its traffic, some of whose senders go away.
Story play(std::uint64_t seed, bool forgets) {
  RandomPlatform platform = draw_platform(seed);
  ClusterConfig& config = platform.config;
  Draw& draw = platform.draw;
  config.gateway.trace.enabled = false;
  config.max_idle_steps = 0;
  Story story;
  story.forgets = forgets && config.can_forget_requests();
  if (!config.can_forget_requests()) return story;
  if (story.forgets) config.finished_requests = FinishedRequests::kForgotten;
  GrowingSource source;
  FollowUps follow_ups(platform.follow_ups);
  Diagnostics diagnostics;
  Simulation simulation(config, platform.symbols, source, &follow_ups, diagnostics);
  Chronicle chronicle;
  chronicle.simulation = &simulation;
  simulation.start(chronicle);
  for (const request::RequestSpec& spec : platform.specs) {
    simulation.run_before(spec.arrival);
    if (draw.one_in(4) && !chronicle.under_way.empty()) {
      const auto who =
          static_cast<std::size_t>(draw.between(0, std::ssize(chronicle.under_way) - 1));
      const RequestId id = chronicle.under_way[who];
      if (simulation.withdraw(id)) {
        chronicle.text += fmt::format("withdrawn {}\n", id.value());
        std::erase(chronicle.under_way, id);
      }
    }
    const InstanceId first(std::size_t{0});
    const bool is_there = simulation.state_of(first) != control::InstanceState::kTerminated;
    if (draw.one_in(50) && is_there) simulation.drop_instance(first);
    source.grown.push_back(spec);
    simulation.source_grew();
  }
  // Not to the end: some platforms never come to it.
  const Micros last = platform.specs.empty() ? Micros() : platform.specs.back().arrival;
  simulation.run_before(last + Micros(5'000'000));
  const GatewayCounters counters = simulation.gateway_counters();
  chronicle.text += fmt::format("{} {} {} {}\n", counters.rejected, counters.evicted,
                                counters.expired, simulation.clock().count());
  story.text = std::move(chronicle.text);
  story.room = simulation.requests().room();
  return story;
}

TEST(ForgottenRequests, DoNotShow) {
  int forgetful = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Story forgotten = play(seed, true);
    if (!forgotten.forgets) continue;
    ++forgetful;
    const Story kept = play(seed, false);
    ASSERT_EQ(kept.text, forgotten.text) << "seed " << seed;
    EXPECT_EQ(forgotten.room.records, 0U);
    EXPECT_LE(forgotten.room.rows, kept.room.rows);
  }
  EXPECT_GE(forgetful, 100);
}

}  // namespace
}  // namespace blis::cluster
