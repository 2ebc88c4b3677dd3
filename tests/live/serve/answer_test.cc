#include "live/serve/answer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace blis::live {
namespace {

using nlohmann::json;

const std::vector<std::string> kPieces = {" a", " b", " c"};

Notice tokens(std::int64_t n) {
  Notice notice;
  notice.tokens = n;
  return notice;
}
Notice end(std::int64_t n, EndReason reason = EndReason::kCompleted) {
  Notice notice = tokens(n);
  notice.ended = reason;
  notice.record.cached_tokens = 16;
  return notice;
}
Answer answer_of(std::int64_t output, bool chat = false, std::size_t choices = 1) {
  return Answer({.is_chat = chat, .id = "x", .model = "m\"q", .created_s = 7},
                {.include_usage = true},
                std::vector<ChoicePlan>(choices, {.prompt_tokens = 20,
                                                  .output_tokens = output,
                                                  .finish_reason = "length",
                                                  .echo = "",
                                                  .seed = 0}),
                kPieces);
}
/// The JSON of all events; `[DONE]` becomes null.
std::vector<json> events(const std::string& stream) {
  std::vector<json> all;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t stop = stream.find("\n\n", at);
    EXPECT_EQ(stream.substr(at, 6), "data: ");
    const std::string data = stream.substr(at + 6, stop - at - 6);
    all.push_back(data == "[DONE]" ? json() : json::parse(data));
    at = stop + 2;
  }
  return all;
}

TEST(Answer, HasOneEventPerTokenHoweverLate) {
  Answer answer = answer_of(5);
  answer.take(0, tokens(1));
  std::string stream;
  answer.write_events(stream, 1 << 20);
  EXPECT_EQ(events(stream).size(), 1U);
  answer.take(0, tokens(4));
  answer.take(0, tokens(5));
  answer.take(0, end(5));
  answer.write_events(stream, 1 << 20);
  const std::vector<json> all = events(stream);
  ASSERT_EQ(all.size(), 7U);  // five tokens, usage, [DONE]
  std::string text;
  for (std::size_t i = 0; i < 5; ++i) text += all[i]["choices"][0]["text"].get<std::string>();
  EXPECT_EQ(all[3]["choices"][0]["finish_reason"], json());
  EXPECT_EQ(all[4]["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(all[5]["usage"]["completion_tokens"], 5);
  EXPECT_EQ(all[5]["usage"]["prompt_tokens_details"]["cached_tokens"], 16);
  EXPECT_TRUE(all[6].is_null());
  EXPECT_TRUE(answer.is_written());
  EXPECT_EQ(json::parse(answer.body())["choices"][0]["text"], text);
}

TEST(Answer, MakesNoMoreTextThanItsReaderTakes) {
  Answer answer = answer_of(1000);
  answer.take(0, end(1000));
  std::size_t seen = 0;
  int portions = 0;
  while (!answer.is_written()) {
    std::string portion;
    answer.write_events(portion, 500);
    ASSERT_FALSE(portion.empty());
    EXPECT_LT(portion.size(), 1000U);
    seen += events(portion).size();
    ++portions;
  }
  EXPECT_EQ(seen, 1002U);
  EXPECT_GT(portions, 100);
}

TEST(Answer, OfAChatBeginsWithItsRole) {
  Answer answer = answer_of(1, true);
  answer.take(0, end(1));
  std::string stream;
  answer.write_events(stream, 1 << 20);
  const std::vector<json> all = events(stream);
  EXPECT_EQ(all[0]["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(all[1]["object"], "chat.completion.chunk");
  EXPECT_EQ(json::parse(answer.body())["choices"][0]["message"]["role"], "assistant");
}

TEST(Answer, IsCompleteWhenAllChoicesAre) {
  Answer answer = answer_of(2, false, 2);
  answer.take(1, end(2));
  EXPECT_FALSE(answer.is_complete());
  std::string stream;
  answer.write_events(stream, 1 << 20);
  EXPECT_FALSE(answer.is_written());
  answer.take(0, end(2));
  answer.write_events(stream, 1 << 20);
  EXPECT_TRUE(answer.is_written());
  EXPECT_EQ(json::parse(answer.body())["usage"]["completion_tokens"], 4);
}

TEST(Answer, SaysWhyItBreaksOff) {
  Answer answer = answer_of(10);
  answer.take(0, tokens(1));
  answer.take(0, end(1, EndReason::kEvicted));
  ASSERT_TRUE(answer.failure());
  EXPECT_EQ(answer.failure()->status, 503);
  std::string stream;
  answer.write_events(stream, 1 << 20);
  const std::vector<json> all = events(stream);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1]["error"]["code"], 503);
}

TEST(Answer, SaysWhenItsTokensWereDueIfAsked) {
  Answer answer({.is_chat = false, .id = "x", .model = "m", .created_s = 7}, {.due_times = true},
                {{.prompt_tokens = 1, .output_tokens = 3, .finish_reason = "length"}}, kPieces);
  answer.take(0, tokens(2), 100);
  answer.take(0, end(3), 250);
  std::string stream;
  answer.write_events(stream, 1 << 20);
  const std::vector<json> all = events(stream);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0]["blis_due_us"], 100);
  EXPECT_EQ(all[1]["blis_due_us"], 100);
  EXPECT_EQ(all[2]["blis_due_us"], 250);
}

TEST(Answer, PiecesAreAllUsed) {
  std::vector<std::string> pieces;
  for (int i = 0; i < 50; ++i) pieces.push_back(std::to_string(i));
  std::set<std::string> seen;
  for (std::int64_t i = 0; i < 50; ++i) seen.insert(answer_piece(pieces, 3, i));
  EXPECT_EQ(seen.size(), 50U);
}

}  // namespace
}  // namespace blis::live
