// The fast stepper gives what the plain one gives, bit for bit, on random engines under random
// loads.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "testing/random_engine.h"

namespace blis::engine {
namespace {

/// Everything that could be observed of one random engine.
std::string run(std::uint64_t seed, StepperKind stepper, testing::AdapterUse adapters,
                testing::LowerTiers tiers = testing::LowerTiers::kNone,
                testing::Contents contents = testing::Contents::kRepeating) {
  constexpr int kTooManyEvents = 200'000;
  const int most_events = tiers == testing::LowerTiers::kNone ? kTooManyEvents : 20'000;
  testing::RandomEngine engine(
      seed, {.stepper = stepper, .adapters = adapters, .contents = contents, .tiers = tiers});
  std::string seen;
  int events = 0;
  while (engine.advance() && ++events < most_events) seen += engine.state();
  // Requests that wait with blocks that they hold can block each other for good (spec kv-cache W3).
  if (tiers == testing::LowerTiers::kNone) {
    EXPECT_LT(events, kTooManyEvents) << "seed " << seed;
  }
  engine.instance().finalize();
  return seen + engine.results();
}

TEST(FastStepper, GivesWhatThePlainOneGives) {
  // BLIS_STEPPER_SEED and BLIS_STEPPER_RUNS widen the search; the defaults are what CI runs.
  const char* seed_text = std::getenv("BLIS_STEPPER_SEED");
  const char* runs_text = std::getenv("BLIS_STEPPER_RUNS");
  const std::uint64_t first = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : 1;
  const std::uint64_t runs = runs_text != nullptr ? std::strtoull(runs_text, nullptr, 10) : 400;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    for (const testing::AdapterUse adapters :
         {testing::AdapterUse::kNone, testing::AdapterUse::kNamed}) {
      ASSERT_EQ(run(seed, StepperKind::kFast, adapters), run(seed, StepperKind::kPlain, adapters))
          << "seed " << seed << ", adapters " << static_cast<int>(adapters);
    }
  }
}

// Blocks that nobody else can have need no keys, whoever is preempted and comes back for them.
TEST(PrivateBlocks, ChangeNothing) {
  const auto run_with = [](std::uint64_t seed, StepperKind stepper, testing::Contents contents) {
    return run(seed, stepper, testing::AdapterUse::kNone, testing::LowerTiers::kNone, contents);
  };
  for (std::uint64_t seed = 1; seed < 400; ++seed) {
    for (const StepperKind stepper : {StepperKind::kFast, StepperKind::kPlain}) {
      ASSERT_EQ(run_with(seed, stepper, testing::Contents::kPrivate),
                run_with(seed, stepper, testing::Contents::kUnique))
          << "seed " << seed << ", stepper " << static_cast<int>(stepper);
    }
  }
}

TEST(FastStepper, GivesWhatThePlainOneGivesOverLowerTiers) {
  const char* seed_text = std::getenv("BLIS_STEPPER_SEED");
  const char* runs_text = std::getenv("BLIS_STEPPER_RUNS");
  const std::uint64_t first = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : 1;
  const std::uint64_t runs = runs_text != nullptr ? std::strtoull(runs_text, nullptr, 10) : 300;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    for (const testing::LowerTiers tiers :
         {testing::LowerTiers::kCpu, testing::LowerTiers::kOffload}) {
      const testing::AdapterUse adapters =
          seed % 4 == 0 ? testing::AdapterUse::kNamed : testing::AdapterUse::kNone;
      ASSERT_EQ(run(seed, StepperKind::kFast, adapters, tiers),
                run(seed, StepperKind::kPlain, adapters, tiers))
          << "seed " << seed << ", tiers " << static_cast<int>(tiers);
    }
  }
}

}  // namespace
}  // namespace blis::engine
