// Of requests that have ended a server keeps nothing, and a run that prints only a summary a short
// record: that must not show in anything that happens.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
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
};

/// The platform under its traffic, some of whose senders go away and some of whose instances fail.
/// Absent if it cannot do without the requests.
std::optional<Story> play(std::uint64_t seed, FinishedRequests finished) {
  RandomPlatform platform = draw_platform(seed);
  ClusterConfig& config = platform.config;
  Draw& draw = platform.draw;
  config.gateway.trace.enabled = false;
  config.max_idle_steps = 0;
  config.finished_requests = finished;
  if (draw.one_in(3)) {
    config.control.failures.instance = {.mtbf_s = 0.05, .mttr_s = 0.01};
    config.control.failures.max_retries = draw.between(0, 2);
    config.control.failures.retry_delay = Micros(draw.between(0, 1) * 3000);
  }
  if (finished == FinishedRequests::kForgotten && !config.can_forget_requests()) return {};
  if (finished == FinishedRequests::kRecorded && config.needs_finished_requests()) return {};
  Story story;
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
  // BLIS_PLATFORM_RUNS widens the search; the default is what CI runs.
  const char* runs_text = std::getenv("BLIS_PLATFORM_RUNS");
  const std::uint64_t runs = runs_text != nullptr ? std::strtoull(runs_text, nullptr, 10) : 300;
  std::map<FinishedRequests, int> played;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    for (const auto finished : {FinishedRequests::kForgotten, FinishedRequests::kRecorded}) {
      const std::optional<Story> story = play(seed, finished);
      if (!story) continue;
      ++played[finished];
      const std::optional<Story> kept = play(seed, FinishedRequests::kKept);
      ASSERT_EQ(kept->text, story->text) << "seed " << seed;
      EXPECT_LE(story->room.rows, kept->room.rows);
      if (finished == FinishedRequests::kForgotten) {
        EXPECT_EQ(story->room.records, 0U);
      }
    }
  }
  EXPECT_GE(played[FinishedRequests::kForgotten], 100);
  EXPECT_GE(played[FinishedRequests::kRecorded], 15);
}

}  // namespace
}  // namespace blis::cluster
