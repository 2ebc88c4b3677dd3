// The flags of `replay` about trace and sessions. SOURCE spec cli 6, traces 7.3.

#include "config/replay_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "random/random_stream.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::HasSubstr;

class ReplayFlagsTest : public ::testing::Test {
 protected:
  ReplayFlagsTest() : file_(folder_.write("trace.yaml", "trace_version: 3\n")) {}

  trace::ReplayOptions resolve(std::vector<std::string> words) {
    words.insert(words.begin(), {"--trace-header=" + file_, "--trace-data=" + file_});
    ReplayFlags flags;
    FlagSet set;
    register_flags(flags, set);
    set.parse(words);
    return resolve_replay_options(flags);
  }
  std::string error_of(const std::vector<std::string>& words) {
    try {
      resolve(words);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  testing::TemporaryFolder folder_;
  std::string file_;
};

TEST_F(ReplayFlagsTest, DefaultIsFixedModeWithTheTracesOwnHorizon) {
  const trace::ReplayOptions options = resolve({});
  EXPECT_FALSE(options.closed_loop);
  EXPECT_FALSE(options.horizon);
  EXPECT_EQ(options.think_time, nullptr);
  EXPECT_EQ(options.seed, 42);
}

TEST_F(ReplayFlagsTest, ConstantThinkTimeIsInMilliseconds) {
  const trace::ReplayOptions options =
      resolve({"--session-mode=closed-loop", "--think-time-ms=5", "--horizon=7"});
  EXPECT_TRUE(options.closed_loop);
  EXPECT_EQ(options.horizon, Micros(7));
  random::RandomStream stream(1);
  ASSERT_NE(options.think_time, nullptr);
  EXPECT_EQ(options.think_time->sample(stream), 5000);
}

TEST_F(ReplayFlagsTest, ZeroThinkTimeLeavesTheTracesOwn) {
  EXPECT_EQ(resolve({"--session-mode=closed-loop", "--think-time-ms=0"}).think_time, nullptr);
}

TEST_F(ReplayFlagsTest, RefusesContradictions) {
  EXPECT_THAT(error_of({"--trace-data=nowhere.csv"}), HasSubstr("nowhere.csv"));
  EXPECT_THAT(error_of({"--trace-header="}), HasSubstr("--trace-header: is required"));
  EXPECT_THAT(error_of({"--session-mode=open"}), HasSubstr("--session-mode"));
  EXPECT_THAT(error_of({"--think-time-ms=5"}), HasSubstr("--session-mode closed-loop"));
  EXPECT_THAT(error_of({"--think-time-ms=-1"}), HasSubstr("--think-time-ms"));
  EXPECT_THAT(error_of({"--think-time-dist=constant:value=1"}),
              HasSubstr("--session-mode closed-loop"));
  EXPECT_THAT(error_of({"--session-mode=closed-loop", "--think-time-ms=0",
                        "--think-time-dist=constant:value=1"}),
              HasSubstr("excludes --think-time-ms"));
  EXPECT_THAT(error_of({"--session-mode=closed-loop", "--think-time-dist="}),
              HasSubstr("--think-time-dist"));
}

}  // namespace
}  // namespace blis::config
