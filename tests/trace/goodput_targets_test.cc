#include "trace/goodput_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace blis::trace {
namespace {

using Flag = std::map<std::string, double>;

std::string message_of(std::string_view text) {
  try {
    parse_goodput_flag("--slo-ttft", text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(GoodputFlag, ReadsClassesAndDurations) {
  EXPECT_EQ(parse_goodput_flag("--slo-ttft", " critical = 100ms, batch=1.5s,critical=200us "),
            (Flag{{"batch", 1500}, {"critical", 0.2}}));
  EXPECT_TRUE(parse_goodput_flag("--slo-ttft", "  ").empty());
}

TEST(GoodputFlag, SaysWhatItCannotRead) {
  using ::testing::HasSubstr;
  EXPECT_THAT(message_of("a=1s,"), HasSubstr("--slo-ttft"));
  EXPECT_THAT(message_of("a=1s,"), HasSubstr("empty item"));
  EXPECT_THAT(message_of("a"), HasSubstr("class=duration"));
  EXPECT_THAT(message_of("=1s"), HasSubstr("no class"));
  EXPECT_THAT(message_of("a=5"), HasSubstr("unit"));
  EXPECT_THAT(message_of("a=0s"), HasSubstr("above 0"));
  EXPECT_THAT(message_of("a=-1s"), HasSubstr("above 0"));
}

TEST(GoodputTargets, FlagsBeatTheHeaderWhichBeatsTheSpec) {
  const GoodputTargets merged = merge_goodput_targets(
      {{"a", {.ttft_ms = 1, .itl_ms = 2, .e2e_ms = 3}}, {"b", {.ttft_ms = 4}}},
      {{"a", {.ttft_ms = 10, .itl_ms = 20, .e2e_ms = -5}}, {"empty", {}}},
      {.ttft_ms = {{"a", 100}}, .itl_ms = {}, .e2e_ms = {{"c", 7}}});
  ASSERT_EQ(merged.size(), 3u);
  EXPECT_EQ(merged.at("a").ttft_ms, 100);
  EXPECT_EQ(merged.at("a").itl_ms, 20);
  EXPECT_EQ(merged.at("a").e2e_ms, 3);
  EXPECT_EQ(merged.at("b").ttft_ms, 4);
  EXPECT_EQ(merged.at("c").e2e_ms, 7);
}

TEST(GoodputTargets, ANegativeSpecValueKeepsItsClass) {
  EXPECT_EQ(merge_goodput_targets({{"a", {.e2e_ms = -1}}}, {}, {}).size(), 1u);
  EXPECT_TRUE(merge_goodput_targets({{"a", {}}}, {}, {}).empty());
}

}  // namespace
}  // namespace blis::trace
