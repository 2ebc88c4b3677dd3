#include "workload/sharegpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"
#include "testing/source_dir.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::HasSubstr;

TEST(ShareGpt, LengthsOfFirstQuestionsAndAnswersBecomeDistributions) {
  Diagnostics diagnostics;
  const WorkloadSpec spec =
      convert_sharegpt({.input = blis::testing::source_path("examples/traces/sharegpt.json"),
                        .rate_per_s = 3,
                        .characters_per_token = 4},
                       diagnostics);
  ASSERT_EQ(spec.clients.size(), 1u);
  EXPECT_EQ(spec.aggregate_rate_per_s, 3);
  // 56 and 4 characters are 14 and 1 tokens, in steps of 16; 99 and 8 are 25 and 2.
  EXPECT_EQ(spec.clients[0].input_distribution.params,
            (std::map<std::string, double>{{"1", 1}, {"16", 1}}));
  EXPECT_EQ(spec.clients[0].output_distribution.params,
            (std::map<std::string, double>{{"1", 1}, {"32", 1}}));
  EXPECT_EQ(diagnostics.entries().size(), 1u);  // the third has no answer
}

TEST(ShareGpt, SaysWhichConversationIsWrong) {
  Diagnostics diagnostics;
  const auto message = [&](const std::string& text) {
    return message_of([&] { parse_sharegpt(text, {.input = "t.json"}, diagnostics); });
  };
  EXPECT_THAT(message("{}"), HasSubstr("t.json: is not a list"));
  EXPECT_THAT(message("[1]"), HasSubstr("[0]: is not an object"));
  EXPECT_THAT(message(R"([{"id": "a"}])"), HasSubstr("[0].conversations: is missing"));
  EXPECT_THAT(message("[]"), HasSubstr("no conversation"));
  EXPECT_THAT(message("[{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(
      message_of([&] { parse_sharegpt("[]", {.input = "t.json", .rate_per_s = 0}, diagnostics); }),
      HasSubstr("--rate"));
}

}  // namespace
}  // namespace blis::workload
