#include "base/json_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace blis {
namespace {

TEST(JsonQuote, EscapesWhatTheReferenceEscapes) {
  EXPECT_EQ(json_quote("plain é 😀"), "\"plain é 😀\"");
  EXPECT_EQ(json_quote("\"\\\n\r\t\b\f"), "\"\\\"\\\\\\n\\r\\t\\b\\f\"");
  EXPECT_EQ(json_quote("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json_quote("<a> & b"), "\"\\u003ca\\u003e \\u0026 b\"");
  EXPECT_EQ(json_quote("\u2028\u2029\u2027"), "\"\\u2028\\u2029\u2027\"");
  EXPECT_EQ(json_quote(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(JsonQuote, ReplacesEachInvalidByte) {
  EXPECT_EQ(json_quote("\xff"), "\"\\ufffd\"");
  EXPECT_EQ(json_quote("a\xc3"), "\"a\\ufffd\"");                      // cut off
  EXPECT_EQ(json_quote("\xc0\xaf"), "\"\\ufffd\\ufffd\"");             // overlong
  EXPECT_EQ(json_quote("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");  // surrogate
  EXPECT_EQ(json_quote("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(json_quote("\xef\xbf\xbd"),
            "\"\xef\xbf\xbd\"");  // a replacement character itself is fine
}

TEST(JsonWriter, LaysOutOneMemberPerLine) {
  JsonWriter out;
  out.begin_object();
  out.member("text", "a");
  out.member("real", 30.0);
  out.member("integer", std::int64_t{-7});
  out.member("flag", true);
  out.key("list");
  out.begin_array();
  out.value(1);
  out.begin_object();
  out.end_object();
  out.begin_array();
  out.value(0.5);
  out.end_array();
  out.end_array();
  out.key("empty");
  out.begin_array();
  out.end_array();
  out.end_object();
  EXPECT_EQ(out.text(),
            "{\n"
            "  \"text\": \"a\",\n"
            "  \"real\": 30,\n"
            "  \"integer\": -7,\n"
            "  \"flag\": true,\n"
            "  \"list\": [\n"
            "    1,\n"
            "    {},\n"
            "    [\n"
            "      0.5\n"
            "    ]\n"
            "  ],\n"
            "  \"empty\": []\n"
            "}");
}

TEST(JsonWriter, HandsOverInPiecesWhatItWouldKeep) {
  const auto write = [](JsonWriter& out) {
    out.begin_array();
    for (int i = 0; i < 20'000; ++i) out.value("some text");
    out.end_array();
  };
  JsonWriter whole;
  write(whole);
  std::string joined;
  std::size_t longest = 0;
  JsonWriter in_pieces([&](std::string_view piece) {
    joined += piece;
    longest = std::max(longest, piece.size());
  });
  write(in_pieces);
  in_pieces.finish();
  EXPECT_EQ(joined, whole.text());
  EXPECT_LT(longest, joined.size() / 3);
}

TEST(JsonWriterDeathTest, RefusesBrokenDocuments) {
  const auto dies = [](auto misuse, const char* message) {
    EXPECT_EXIT(
        {
          JsonWriter out;
          misuse(out);
        },
        ::testing::ExitedWithCode(2), message);
  };
  dies([](JsonWriter& out) { out.begin_object(), out.value(1); }, "needs a key");
  dies([](JsonWriter& out) { out.begin_array(), out.key("a"); }, "outside a JSON object");
  dies([](JsonWriter& out) { out.begin_object(), out.key("a"), out.key("b"); },
       "after another key");
  dies([](JsonWriter& out) { out.begin_object(), out.end_array(); }, "unbalanced");
  dies([](JsonWriter& out) { out.begin_object(), out.key("a"), out.end_object(); }, "unbalanced");
  dies([](JsonWriter& out) { out.begin_array(), out.text(); }, "not complete");
  dies([](JsonWriter& out) { out.value(1), out.value(2); }, "one top-level value");
  dies([](JsonWriter& out) { out.value(std::nan("")); }, "JSON has no number nan");
  dies([](JsonWriter& out) { out.value(1), out.finish(); }, "not complete");
}

RC_GTEST_PROP(JsonWriter, OtherParsersReadTheSameValues, ()) {
  const auto strings = *rc::gen::arbitrary<std::vector<std::string>>();
  const auto numbers = *rc::gen::arbitrary<std::vector<double>>();
  JsonWriter out;
  out.begin_object();
  out.key("strings");
  out.begin_array();
  for (const std::string& text : strings) out.value(text);
  out.end_array();
  out.key("numbers");
  out.begin_array();
  for (const double number : numbers) out.value(number);
  out.end_array();
  out.end_object();

  const auto read = nlohmann::json::parse(out.text());
  RC_ASSERT(read.at("strings").size() == strings.size());
  for (std::size_t i = 0; i < strings.size(); ++i) {
    const bool is_ascii = std::all_of(strings[i].begin(), strings[i].end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (is_ascii) RC_ASSERT(read.at("strings").at(i) == strings[i]);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    RC_ASSERT(read.at("numbers").at(i).get<double>() == numbers[i]);
  }
}

}  // namespace
}  // namespace blis
