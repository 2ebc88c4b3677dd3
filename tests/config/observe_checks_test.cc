// The flags of `observe`. SOURCE spec cli 7.

#include "config/observe_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace blis::config {
namespace {

using testing::HasSubstr;

std::string error_of(std::vector<std::string> words) {
  for (const std::string word :
       {"--server-url=http://h", "--model=m", "--trace-header=h", "--trace-data=d"}) {
    words.insert(words.begin(), word);
  }
  ObserveFlags flags;
  FlagSet set;
  register_flags(flags, set);
  set.parse(words);
  Diagnostics diagnostics;
  try {
    check_observe_flags(flags, diagnostics);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ObserveFlags, AcceptEachWayToSayTheWorkload) {
  EXPECT_EQ(error_of({"--rate=1"}), "no error");
  EXPECT_EQ(error_of({"--concurrency=1"}), "no error");
  EXPECT_EQ(error_of({"--workload-spec=w.yaml"}), "no error");
  EXPECT_EQ(error_of({"--workload-spec=w.yaml", "--rate=1"}),
            "no error");  // the file wins, silently
  EXPECT_EQ(error_of({"--workload=chatbot", "--rate=1"}), "no error");
}

TEST(ObserveFlags, NeedServerModelAndTrace) {
  for (const std::string flag : {"--server-url", "--model", "--trace-header", "--trace-data"}) {
    EXPECT_THAT(error_of({"--rate=1", flag + "="}), HasSubstr(flag + ": is required"));
  }
}

struct Mistake {
  std::vector<std::string> words;
  std::string names;
};

class ObserveMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ObserveMistake, NamesTheFlag) {
  EXPECT_THAT(error_of(GetParam().words), HasSubstr(GetParam().names));
}

INSTANTIATE_TEST_SUITE_P(
    EveryRule, ObserveMistake,
    testing::Values(
        Mistake{{}, "--workload"}, Mistake{{"--rate=0"}, "--rate"},
        Mistake{{"--rate=nan"}, "--rate"},
        Mistake{{"--rate=1", "--concurrency=1"}, "--concurrency"},
        Mistake{{"--concurrency=-1"}, "--concurrency"}, Mistake{{"--workload=chatbot"}, "--rate"},
        Mistake{{"--workload=chatbot", "--rate=1", "--workload-spec=w"}, "--workload"},
        Mistake{{"--workload-spec=w", "--concurrency=1"}, "--concurrency"},
        Mistake{{"--rate=1", "--think-time-dist=constant:value=1"}, "--think-time-dist"},
        Mistake{{"--concurrency=1", "--think-time-dist=constant:value=1", "--think-time-ms=0"},
                "--think-time-dist"},
        Mistake{{"--concurrency=1", "--think-time-ms=-1"}, "--think-time-ms"},
        Mistake{{"--rate=1", "--api-format=soap"}, "--api-format"},
        Mistake{{"--rate=1", "--max-concurrency=0"}, "--max-concurrency"},
        Mistake{{"--rate=1", "--timeout=0"}, "--timeout"},
        Mistake{{"--rate=1", "--timeout=86401"}, "--timeout"},
        Mistake{{"--rate=1", "--warmup-requests=-1"}, "--warmup-requests"},
        Mistake{{"--rate=1", "--prewarm-duration=-1s"}, "--prewarm-duration"},
        Mistake{{"--rate=1", "--rtt-ms=inf"}, "--rtt-ms"},
        Mistake{{"--rate=1", "--no-streaming", "--record-itl"}, "--no-streaming"}));

}  // namespace
}  // namespace blis::config
