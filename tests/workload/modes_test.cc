// Where eager and lazy generation are meant to differ, and what happens when a distribution turns
// out unusable.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "testing/message_of.h"
#include "testing/workload_digest.h"
#include "testing/workload_specs.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::own_options;
using testing::parse;
using testing::play;

GenerationOptions options_of(const WorkloadSpec& spec, bool lazy) {
  GenerationOptions options = own_options(spec);
  options.lazy = lazy;
  return options;
}

TEST(Modes, AnInheritedPrefixReachesLaterRoundsOnlyInLazyMode) {
  const WorkloadSpec spec = parse(testing::kSpecF);
  const auto eager = play(spec, options_of(spec, false));
  const auto lazy = play(spec, options_of(spec, true));
  EXPECT_EQ(eager->lines(eager->initial), lazy->lines(lazy->initial));
  const auto eager_rounds = eager->play_sessions();
  const auto lazy_rounds = lazy->play_sessions();
  ASSERT_EQ(eager_rounds.size(), lazy_rounds.size());
  for (std::size_t i = 0; i < lazy_rounds.size(); ++i) {
    EXPECT_EQ(lazy_rounds[i].request.input_tokens, eager_rounds[i].request.input_tokens + 50);
  }
}

constexpr char kTwins[] = R"(
seed: 3
aggregate_rate: 6
horizon: 5000000
clients:
- {id: twin, rate_fraction: 1, arrival: {process: poisson}, input_distribution: {type: constant, params: {value: 20}}, output_distribution: {type: constant, params: {value: 5}}, reasoning: {multi_turn: {max_rounds: 3, think_time_us: 100000, context_growth: accumulate}}}
- {id: twin, rate_fraction: 1, closed_loop: false, arrival: {process: poisson}, input_distribution: {type: constant, params: {value: 30}}, output_distribution: {type: constant, params: {value: 6}}, reasoning: {multi_turn: {max_rounds: 3, think_time_us: 100000}}}
)";

TEST(Modes, ClientsWithOneIdShareTheirSessionsOnlyInEagerMode) {
  const WorkloadSpec spec = parse(kTwins);
  const auto eager = play(spec, options_of(spec, false));
  const auto lazy = play(spec, options_of(spec, true));
  const auto openings = [](const testing::Played& played) {
    return static_cast<std::size_t>(std::ranges::count_if(
        played.initial, [](const testing::Seen& seen) { return seen.request.round_index == 0; }));
  };
  // Eager: the closed-loop client claims its namesake's sessions too, so all later rounds are gone.
  EXPECT_EQ(eager->workload.session_count, openings(*eager));
  EXPECT_EQ(eager->initial.size(), openings(*eager));
  EXPECT_LT(lazy->workload.session_count, openings(*lazy));
  EXPECT_GT(lazy->initial.size(), openings(*lazy));
  // The claimed sessions accumulate although they were drawn without context; their inputs grow by
  // input and output.
  for (const auto& seen : eager->play_sessions()) {
    EXPECT_GE(seen.request.input_tokens, 2 * 20 + 4);
  }
}

TEST(Modes, RoundsThatRunBackwardsAreSortedInEagerMode) {
  WorkloadSpec spec = parse(kTwins);
  spec.clients.erase(spec.clients.begin());
  spec.clients[0].reasoning->multi_turn->think_time_us = -300'000;
  const auto eager = play(spec, options_of(spec, false));
  EXPECT_TRUE(std::ranges::is_sorted(eager->initial, {},
                                     [](const testing::Seen& s) { return s.request.arrival; }));
  const auto lazy = play(spec, options_of(spec, true));
  EXPECT_EQ(eager->initial.size(), lazy->initial.size());
  EXPECT_FALSE(std::ranges::is_sorted(lazy->initial, {},
                                      [](const testing::Seen& s) { return s.request.arrival; }));
}

TEST(Modes, APrefixLongerThanTheGroupsIsCutOutOfTheFirstInput) {
  WorkloadSpec spec = parse(kTwins);
  spec.clients[1] = spec.clients[0];
  spec.clients[1].id = "long";
  spec.clients[0].prefix_group = spec.clients[1].prefix_group = "g";
  spec.clients[0].prefix_length = 8;
  spec.clients[1].prefix_length = 20;  // the group has 8, so 12 are the first request's own
  for (const char* growth : {"", "accumulate"}) {
    spec.clients[1].reasoning->multi_turn->context_growth = growth;
    const auto played = play(spec, options_of(spec, false));
    const auto is_long = [&](const testing::Seen& seen) {
      return played->symbols.text(seen.request.client) == "long";
    };
    const auto first = std::ranges::find_if(played->initial, is_long);
    ASSERT_NE(first, played->initial.end());
    ASSERT_EQ(first->request.input_tokens, 28);
    for (const testing::Seen& seen : played->play_sessions()) {
      if (!is_long(seen)) continue;
      EXPECT_EQ(seen.input.first, first->input.first);
      if (*growth == '\0') {
        EXPECT_EQ(seen.request.input_tokens, 40);
        // The first block is the prefix of the first listed request, whichever session this is.
        EXPECT_EQ(seen.request.keys->sequence[0], first->request.keys->sequence[0]);
      }
    }
  }
}

/// A client whose broken part validation does not look at.
constexpr char kBrokenImages[] = R"(
aggregate_rate: 10
horizon: 2000000
clients:
- {id: pic, rate_fraction: 1, arrival: {process: constant}, input_distribution: {type: constant, params: {value: 2}}, output_distribution: {type: constant, params: {value: 2}}, multimodal: {image_distribution: {type: gaussian}, image_count_distribution: {type: constant, params: {value: 1}}}}
)";

TEST(Modes, AnUnusableDistributionFailsBeforeOrWhileStreaming) {
  const WorkloadSpec spec = parse(kBrokenImages);
  SymbolTable symbols;
  Diagnostics diagnostics;
  const auto names_it = AllOf(HasSubstr("client \"pic\""), HasSubstr("requires param \"mean\""));
  EXPECT_THAT(message_of([&] { generate(spec, options_of(spec, false), symbols, diagnostics); }),
              names_it);
  EXPECT_THAT(message_of([&] {
                GeneratedWorkload lazy =
                    generate(spec, options_of(spec, true), symbols, diagnostics);
                while (lazy.source->next()) {
                }
              }),
              names_it);
}

TEST(Modes, AnUnusableDistributionThatIsNeverNeededIsNoError) {
  WorkloadSpec spec = parse(kBrokenImages);
  GenerationOptions options = options_of(spec, false);
  options.horizon = Micros(50'000);  // the first arrival would be at 99,999
  SymbolTable symbols;
  Diagnostics diagnostics;
  EXPECT_FALSE(generate(spec, options, symbols, diagnostics).source->next());
}

TEST(Modes, AbsurdLengthsAreRefusedByName) {
  WorkloadSpec spec = parse(kBrokenImages);
  spec.clients[0].multimodal.reset();
  for (const double value : {3e9, 9e18}) {
    spec.clients[0].output_distribution.params["value"] = value;
    SymbolTable symbols;
    Diagnostics diagnostics;
    const GeneratedWorkload workload =
        generate(spec, options_of(spec, false), symbols, diagnostics);
    EXPECT_THAT(message_of([&] { workload.source->next(); }),
                AllOf(HasSubstr("client \"pic\""), HasSubstr("tokens")));
  }
}

TEST(Modes, AWindowCannotAskForEndlesslyManyRequests) {
  WorkloadSpec spec = parse(testing::kSpecB);
  spec.aggregate_rate_per_s = 1e300;
  SymbolTable symbols;
  Diagnostics diagnostics;
  EXPECT_THAT(message_of([&] { generate(spec, options_of(spec, false), symbols, diagnostics); }),
              AllOf(HasSubstr("client \"tv1\""), HasSubstr("requests")));
}

TEST(Modes, TheRunsTimeoutLeavesIndependentRequestsOfWindowsAloneInLazyMode) {
  const WorkloadSpec spec = parse(testing::kSpecB);
  for (const bool lazy : {false, true}) {
    GenerationOptions options = options_of(spec, lazy);
    options.timeout_override_us = 5;
    const auto played = play(spec, options);
    for (const testing::Seen& seen : played->initial) {
      if (seen.request.session != SymbolTable::empty()) continue;
      EXPECT_EQ(seen.request.deadline, lazy ? Micros(0) : seen.request.arrival + Micros(5));
    }
  }
}

TEST(Modes, NothingIsGeneratedBeforeTimeZeroButVirtualUsers) {
  const WorkloadSpec spec = parse(testing::kSpecD);
  GenerationOptions options = options_of(spec, false);
  options.horizon = Micros(0);
  const auto played = play(spec, options);
  EXPECT_EQ(played->initial.size(), 7u);
  EXPECT_EQ(played->workload.follow_up_budget, 33);
}

}  // namespace
}  // namespace blis::workload
