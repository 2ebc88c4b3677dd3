// What is picked out of a server's JSON while it is read, against the same taken from a tree of it.

#include "live/observe/reply.h"

#include <gtest/gtest.h>

#include <string>

#include "live/observe/literal_reply.h"
#include "testing/draw.h"

namespace blis::live {
namespace {

/// JSON, most of the time, of the keys that matter, in places where they do and where they do not.
std::string any_json(testing::Draw& draw, int depth) {
  const char* const keys[] = {"object",     "message",           "error",
                              "usage",      "choices",           "text",
                              "content",    "prompt_tokens",     "finish_reason",
                              "delta",      "reasoning",         "completion_tokens",
                              "tool_calls", "reasoning_content", "id"};
  const char* const scalars[] = {"null",      "true",      "0",        "17",
                                 "-1",        "1.5",       "1e3",      "\"\"",
                                 "\"x\"",     "\"error\"", "\"stop\"", "18446744073709551615",
                                 "999999999", "nonsense"};
  const std::int64_t kind = depth == 0 ? 9 : draw.between(depth == 4 ? 2 : 0, 9);
  if (kind < 3) return scalars[draw.between(0, draw.one_in(40) ? 13 : 12)];
  std::string text(1, kind < 8 ? '{' : '[');
  if (depth == 0) text = scalars[draw.between(0, 12)];
  if (depth == 0) return text;
  for (std::int64_t i = 0, n = draw.between(0, 5); i < n; ++i) {
    if (i > 0) text += ',';
    if (kind < 8) text += '"' + std::string(keys[draw.between(0, 14)]) + "\":";
    text += any_json(draw, depth - 1);
  }
  return text + (kind < 8 ? '}' : ']');
}

/// The same with the shape of an answer, so that the deeper places are reached.
std::string any_answer(testing::Draw& draw) {
  const std::string part = any_json(draw, 2);
  return R"({"usage":)" + any_json(draw, 1) + R"(,"choices":[{"delta":)" + part + R"(,"text":)" +
         any_json(draw, 0) + R"(,"finish_reason":)" + any_json(draw, 0) + "}," + any_json(draw, 1) +
         R"(],"error":)" + any_json(draw, 1) +
         (draw.one_in(3) ? R"(,"choices":)" + any_json(draw, 3) : "") + "}";
}

TEST(ReplyReader, FindsWhatATreeHolds) {
  testing::Draw draw(7);
  int with_content = 0, with_error = 0, with_usage = 0, none = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string text = i % 2 == 0 ? any_json(draw, 4) : any_answer(draw);
    const auto expected = testing::literal_reply(text);
    const auto reply = parse_reply(text);
    ASSERT_EQ(reply.has_value(), expected.has_value()) << text;
    if (!reply) {
      ++none;
      continue;
    }
    ASSERT_EQ(reply->has_usage, expected->has_usage) << text;
    ASSERT_EQ(reply->prompt_tokens, expected->prompt_tokens) << text;
    ASSERT_EQ(reply->completion_tokens, expected->completion_tokens) << text;
    ASSERT_EQ(reply->finish_reason, expected->finish_reason) << text;
    ASSERT_EQ(reply->has_content, expected->has_content) << text;
    ASSERT_EQ(reply->error, expected->error) << text;
    with_content += reply->has_content ? 1 : 0;
    with_error += reply->error.empty() ? 0 : 1;
    with_usage += reply->prompt_tokens > 0 ? 1 : 0;
  }
  // The search reaches all of it.
  EXPECT_GT(with_content, 500);
  EXPECT_GT(with_error, 500);
  EXPECT_GT(with_usage, 50);
  EXPECT_GT(none, 100);
}

}  // namespace
}  // namespace blis::live
