// Syntax of the command line. SOURCE spec cli 1.2.

#include "config/flags/flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"

namespace blis::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Example {
  Flag<std::int64_t> seed{42};
  Flag<double> rate{1.5};
  Flag<bool> verbose;
  Flag<bool> quiet{true};
  Flag<std::string> model;
  Flag<DurationNs> wait;
  Flag<std::vector<double>> coefficients{{0, 0, 0}};
  Flag<std::vector<std::string>> from;
  FlagSet set;

  Example() {
    set.begin_group("Example");
    set.add("seed", &seed, "seed").old_name("old-seed");
    set.add("rate", &rate, "rate");
    set.add("verbose", &verbose, "say more");
    set.add("quiet", &quiet, "say less");
    set.add("model", &model, "model");
    set.add("wait", &wait, "wait");
    set.add("coefficients", &coefficients, "coefficients");
    set.add("from", &from, "files");
  }
  ParseOutcome parse(std::vector<std::string> words) { return set.parse(words); }
};

std::string error_of(std::vector<std::string> words) {
  Example example;
  try {
    example.parse(std::move(words));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Flags, KeepDefaultsAndKnowThatTheyWereNotSet) {
  Example example;
  example.parse({});
  EXPECT_EQ(*example.seed, 42);
  EXPECT_FALSE(example.seed.is_set);
}

TEST(Flags, CountAsSetWithTheirDefaultValueToo) {
  Example example;
  example.parse({"--seed", "42"});
  EXPECT_TRUE(example.seed.is_set);
}

TEST(Flags, TakeTheirValueFromTheNextWordOrAfterEquals) {
  Example example;
  example.parse({"--seed", "-7", "--model=a=b"});
  EXPECT_EQ(*example.seed, -7);
  EXPECT_EQ(*example.model, "a=b");
}

TEST(Flags, TakeTheNextWordWhateverItLooksLike) {
  Example example;
  example.parse({"--model", "--seed"});
  EXPECT_EQ(*example.model, "--seed");
  EXPECT_FALSE(example.seed.is_set);
}

TEST(Flags, LetTheLastOccurrenceWin) {
  Example example;
  example.parse({"--seed", "1", "--seed=2"});
  EXPECT_EQ(*example.seed, 2);
}

TEST(Flags, BooleansTakeAValueOnlyThroughEquals) {
  Example example;
  const ParseOutcome outcome = example.parse({"--verbose", "false", "--quiet=F"});
  EXPECT_TRUE(*example.verbose);
  EXPECT_FALSE(*example.quiet);
  EXPECT_THAT(outcome.positional, ElementsAre("false"));
}

TEST(Flags, ReadIntegersInFourBases) {
  for (const auto& [text, value] : std::vector<std::pair<std::string, std::int64_t>>{
           {"0x10", 16}, {"0o17", 15}, {"017", 15}, {"0b101", 5}, {"1_000", 1000}, {"+3", 3}}) {
    Example example;
    example.parse({"--seed", text});
    EXPECT_EQ(*example.seed, value) << text;
  }
}

TEST(Flags, RefuseFractionsAndExponentsInIntegers) {
  for (const std::string text : {"1e3", "1.0", "", " 1", "9223372036854775808", "1__0"}) {
    EXPECT_THAT(error_of({"--seed", text}),
                HasSubstr("--seed: \"" + text + "\" is not a 64-bit integer"));
  }
}

TEST(Flags, ReadRealsWithInfinityAndNan) {
  Example example;
  example.parse({"--rate", "-Inf"});
  EXPECT_EQ(*example.rate, -INFINITY);
  example.parse({"--rate", "NaN"});
  EXPECT_TRUE(std::isnan(*example.rate));
  example.parse({"--rate", "0x1p-2"});
  EXPECT_EQ(*example.rate, 0.25);
}

TEST(Flags, ReadDurations) {
  Example example;
  example.parse({"--wait", "1m1.5s"});
  EXPECT_EQ(example.wait->count, 61'500'000'000);
  EXPECT_THAT(error_of({"--wait", "5"}), HasSubstr("--wait"));
}

TEST(Flags, ListsReplaceTheDefaultFirstAndAppendLater) {
  Example example;
  example.parse({"--coefficients", "1,2", "--coefficients=3"});
  EXPECT_THAT(*example.coefficients, ElementsAre(1.0, 2.0, 3.0));
  EXPECT_THAT(error_of({"--coefficients", "1, 2"}), HasSubstr("is not a number"));
}

TEST(Flags, RepeatableStringsAreNotSplitAtCommas) {
  Example example;
  example.parse({"--from", "a,b", "--from", "c"});
  EXPECT_THAT(*example.from, ElementsAre("a,b", "c"));
}

TEST(Flags, OldNamesBindTheSameValueAndSaySo) {
  Example example;
  const ParseOutcome outcome = example.parse({"--seed=1", "--old-seed=2"});
  EXPECT_EQ(*example.seed, 2);
  EXPECT_THAT(outcome.deprecations,
              ElementsAre("Flag --old-seed has been deprecated, use --seed instead"));
}

TEST(Flags, StopAtTwoDashes) {
  Example example;
  const ParseOutcome outcome = example.parse({"x", "--", "--seed", "1"});
  EXPECT_FALSE(example.seed.is_set);
  EXPECT_THAT(outcome.positional, ElementsAre("x", "--seed", "1"));
}

TEST(Flags, NameTheNearestFlagForAnUnknownOne) {
  EXPECT_THAT(error_of({"--sed", "1"}), HasSubstr("did you mean --seed?"));
  EXPECT_THAT(error_of({"-x"}), HasSubstr("-x"));
  EXPECT_THAT(error_of({"---seed"}), HasSubstr("bad flag syntax"));
}

TEST(Flags, SayWhenAValueIsMissing) {
  EXPECT_EQ(error_of({"--rate"}), "--rate: a value is missing");
}

TEST(Flags, RequiredOnesAreInsistedOnUnlessHelpIsAskedFor) {
  Flag<std::string> path;
  FlagSet set;
  set.add("path", &path, "path").required();
  const std::vector<std::string> nothing;
  EXPECT_THROW(set.parse(nothing), ConfigError);
  const std::vector<std::string> help = {"-h"};
  set.parse(help);
  EXPECT_TRUE(set.help_requested());
}

}  // namespace
}  // namespace blis::config
