#include "base/error.h"

#include <gtest/gtest.h>

#include <array>

namespace blis {
namespace {

TEST(FormatError, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(format_error({"a.yaml", 14, "clients[2].id"}, "bad"), "a.yaml:14: clients[2].id: bad");
  EXPECT_EQ(format_error({"a.yaml", 0, ""}, "bad"), "a.yaml: bad");
  EXPECT_EQ(format_error({"", 0, "--rate"}, "bad"), "--rate: bad");
  EXPECT_EQ(format_error({}, "bad"), "bad");
  EXPECT_STREQ(ConfigError({"a", 1, "k"}, "bad").what(), "a:1: k: bad");
  EXPECT_STREQ(DataError({"a", 1, ""}, "bad").what(), "a:1: bad");
}

constexpr std::array<std::string_view, 4> kScorers = {"kv-utilization", "queue-depth",
                                                      "load-balance", "fcfs"};

TEST(NearestName, IsWithinAThirdOfTheLength) {
  EXPECT_EQ(nearest_name("queue-dept", kScorers), "queue-depth");
  EXPECT_EQ(nearest_name("quue-deph", kScorers), "queue-depth");
  EXPECT_EQ(nearest_name("kv_utilisation", kScorers), "kv-utilization");
  EXPECT_EQ(nearest_name("fcf", kScorers), "fcfs");
  EXPECT_EQ(nearest_name("f", kScorers), "");
  EXPECT_EQ(nearest_name("prefix-affinity", kScorers), "");
  EXPECT_EQ(nearest_name("", kScorers), "");
}

TEST(NearestName, TakesTheFirstOfEquallyNearOnes) {
  constexpr std::array<std::string_view, 2> kNames = {"bat", "cat"};
  EXPECT_EQ(nearest_name("hat", kNames), "bat");
}

TEST(UnknownName, SaysWhatIsMeantAndWhatIsValid) {
  EXPECT_EQ(unknown_name("scorer", "queue-dept", kScorers),
            "unknown scorer \"queue-dept\"; did you mean \"queue-depth\"? (valid: kv-utilization, "
            "queue-depth, load-balance, fcfs)");
  EXPECT_EQ(unknown_name("scorer", "x-y-z", kScorers),
            "unknown scorer \"x-y-z\" (valid: kv-utilization, queue-depth, load-balance, fcfs)");
}

}  // namespace
}  // namespace blis
