#include "workload/session_manager.h"

#include <gtest/gtest.h>

namespace blis::workload {
namespace {

using request::RequestSpec;
using request::TerminalOutcome;

/// One session "s" of three rounds, 100 input and 10 output tokens each.
struct OneSession {
  SymbolTable symbols;
  Diagnostics diagnostics;
  std::shared_ptr<SessionProfile> profile = std::make_shared<SessionProfile>();
  RequestSpec first;
  SessionManager::Options options;

  OneSession() {
    profile->max_rounds = 3;
    profile->think_time_us = 50;
    profile->client = symbols.intern("c");
    profile->input_length = make_constant_sampler(100);
    profile->output_length = make_constant_sampler(10);
    first.session = symbols.intern("s");
    first.input_tokens = 100;
    first.output_tokens = 10;
  }

  std::unique_ptr<SessionManager> start() {
    std::vector<SessionBlueprint> blueprints;
    SessionBlueprint blueprint{first.session, profile, LazyStream(1), {}, {}};
    if (profile->accumulates) {
      TokenFold context(16, false);
      context.append(std::vector<std::int32_t>(static_cast<std::size_t>(first.input_tokens), 7));
      blueprint.context = context;
      blueprint.first_output =
          std::vector<std::int32_t>(static_cast<std::size_t>(first.output_tokens), 8);
    }
    blueprints.push_back(std::move(blueprint));
    return std::make_unique<SessionManager>(std::move(blueprints), options, symbols, diagnostics);
  }

  /// A normal completion: the last output token is not part of the progress.
  static std::optional<RequestSpec> complete(SessionManager& manager, const RequestSpec& request,
                                             std::int64_t at_us) {
    return manager.on_terminal(request, TerminalOutcome::kCompleted,
                               request.input_tokens + request.output_tokens - 1, Micros(at_us));
  }
};

TEST(SessionManager, AsksAgainAfterThinkingUntilTheRoundsAreUsedUp) {
  OneSession world;
  const auto manager = world.start();
  const auto second = OneSession::complete(*manager, world.first, 1000);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->arrival, Micros(1050));
  EXPECT_EQ(second->deadline, Micros(300'001'050));
  EXPECT_EQ(second->round_index, 1);
  EXPECT_EQ(second->max_output_tokens, 10);
  EXPECT_EQ(request::format_name(second->name, world.symbols), "session_s_round_1_1");
  const auto third = OneSession::complete(*manager, *second, 2000);
  ASSERT_TRUE(third);
  EXPECT_EQ(request::format_name(third->name, world.symbols), "session_s_round_2_2");
  EXPECT_FALSE(OneSession::complete(*manager, *third, 3000));
  EXPECT_FALSE(OneSession::complete(*manager, *third, 4000));  // terminal states never change
}

TEST(SessionManager, EndsASessionWhoseRequestTimedOutOrWasDropped) {
  for (const TerminalOutcome outcome : {TerminalOutcome::kTimedOut, TerminalOutcome::kDropped}) {
    OneSession world;
    const auto manager = world.start();
    EXPECT_FALSE(manager->on_terminal(world.first, outcome, 0, Micros(5)));
    EXPECT_FALSE(OneSession::complete(*manager, world.first, 10));
  }
}

TEST(SessionManager, AFollowUpMayArriveAtTheHorizonButNotAfterIt) {
  OneSession world;
  world.profile->horizon = Micros(1050);
  EXPECT_TRUE(OneSession::complete(*world.start(), world.first, 1000));
  EXPECT_FALSE(OneSession::complete(*world.start(), world.first, 1001));
}

TEST(SessionManager, StopsAtTheBudget) {
  OneSession world;
  world.profile->unlimited_rounds = true;
  world.options.follow_up_budget = 2;
  const auto manager = world.start();
  const auto second = OneSession::complete(*manager, world.first, 0);
  const auto third = OneSession::complete(*manager, *second, 0);
  ASSERT_TRUE(third);
  EXPECT_FALSE(OneSession::complete(*manager, *third, 0));
}

TEST(SessionManager, IgnoresRequestsWithoutSessionAndCountsForeignOnes) {
  OneSession world;
  const auto manager = world.start();
  RequestSpec other = world.first;
  other.session = SymbolTable::empty();
  EXPECT_FALSE(OneSession::complete(*manager, other, 0));
  EXPECT_TRUE(world.diagnostics.entries().empty());
  other.session = world.symbols.intern("open-loop");
  EXPECT_FALSE(OneSession::complete(*manager, other, 0));
  EXPECT_EQ(world.diagnostics.entries().size(), 1u);
}

TEST(SessionManager, AccumulatedContextLacksTheLastOutputToken) {
  OneSession world;
  world.profile->accumulates = true;
  const auto manager = world.start();
  const auto second = OneSession::complete(*manager, world.first, 0);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->input_tokens, 100 + 9 + 100);
  const auto third = OneSession::complete(*manager, *second, 0);
  EXPECT_EQ(third->input_tokens, 209 + 9 + 100);
  // The next round's blocks begin with all full blocks of this one's input.
  for (std::size_t i = 0; i < 209 / 16; ++i) {
    EXPECT_EQ(third->keys->sequence[i], second->keys->sequence[i]) << i;
  }
}

TEST(SessionManager, CancelsASessionThatProducedMoreThanItsOutput) {
  OneSession world;
  world.profile->accumulates = true;
  const auto manager = world.start();
  EXPECT_FALSE(manager->on_terminal(world.first, TerminalOutcome::kCompleted, 111, Micros(0)));
  EXPECT_EQ(world.diagnostics.entries().size(), 1u);
}

TEST(SessionManager, FreshRoundsBeginWithThePrefix) {
  OneSession world;
  world.profile->prefix =
      std::make_shared<PrefixTokens>(std::vector<std::int32_t>(32, 5), 16, false);
  const auto manager = world.start();
  const auto second = OneSession::complete(*manager, world.first, 0);
  EXPECT_EQ(second->input_tokens, 132);
  EXPECT_EQ(second->prefix_tokens, 0);
  const auto& prefix_keys = world.profile->prefix->fold.chain().keys();
  ASSERT_EQ(prefix_keys.size(), 2u);
  EXPECT_EQ(second->keys->sequence[0], prefix_keys[0]);
  EXPECT_EQ(second->keys->sequence[1], prefix_keys[1]);
}

TEST(SessionManager, TheLastOfSeveralBlueprintsCounts) {
  OneSession world;
  const auto manager = [&] {
    auto longer = std::make_shared<SessionProfile>(*world.profile);
    longer->think_time_us = 70;
    std::vector<SessionBlueprint> blueprints;
    blueprints.push_back({world.first.session, world.profile, LazyStream(1), {}, {}});
    blueprints.push_back({world.first.session, longer, LazyStream(2), {}, {}});
    return std::make_unique<SessionManager>(std::move(blueprints), world.options, world.symbols,
                                            world.diagnostics);
  }();
  EXPECT_EQ(manager->session_count(), 1u);
  EXPECT_EQ(OneSession::complete(*manager, world.first, 0)->arrival, Micros(70));
}

}  // namespace
}  // namespace blis::workload
