#include "live/serve/bpe_tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace blis::live {
namespace {

using nlohmann::json;

std::string utf8(int code_point) {
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  return {static_cast<char>(0xC0 | (code_point >> 6)),
          static_cast<char>(0x80 | (code_point & 0x3F))};
}

/// All bytes (id = byte), then "Ġ" + merges of their own: 256 = "Ġt", 257 = "he", 258 = "Ġthe",
/// 259 = "12", 260 = "<s>" (added).
json small_tokenizer() {
  json vocabulary;
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
                           (byte >= 0xAE && byte <= 0xFF);
    vocabulary[utf8(printable ? byte : next++)] = byte;
  }
  const std::string space = utf8(0x120);
  vocabulary[space + "t"] = 256;
  vocabulary["he"] = 257;
  vocabulary[space + "the"] = 258;
  vocabulary["12"] = 259;
  return {{"model",
           {{"type", "BPE"},
            {"vocab", vocabulary},
            {"merges", {space + " t", "h e", space + "t he", "1 2"}}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"added_tokens", {{{"id", 260}, {"content", "<s>"}, {"special", true}}}}};
}

std::vector<std::int32_t> encode(const json& tokenizer, const std::string& text) {
  return parse_bpe_tokenizer(tokenizer.dump(), "t.json")->encode(text);
}

std::string error_of(const json& tokenizer) {
  try {
    parse_bpe_tokenizer(tokenizer.dump(), "t.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

using Ids = std::vector<std::int32_t>;

TEST(BpeTokenizer, MergesByRank) {
  EXPECT_EQ(encode(small_tokenizer(), "x the"), (Ids{'x', 258}));
  EXPECT_EQ(encode(small_tokenizer(), "the"), (Ids{'t', 257}));
  EXPECT_EQ(encode(small_tokenizer(), "1212"), (Ids{259, 259}));
  EXPECT_EQ(encode(small_tokenizer(), "\xc3\xa9"), (Ids{0xC3, 0xA9}));
}

TEST(BpeTokenizer, PiecesAreNotMergedAcrossTheirBorders) {
  json tokenizer = small_tokenizer();
  tokenizer["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Digits"}, {"individual_digits", true}},
        {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
  EXPECT_EQ(encode(tokenizer, "12"), (Ids{'1', '2'}));
  tokenizer["pre_tokenizer"]["pretokenizers"][0] = {
      {"type", "Split"}, {"pattern", {{"Regex", "\\p{N}{1,3}"}}}, {"behavior", "Isolated"}};
  EXPECT_EQ(encode(tokenizer, "1212"), (Ids{259, '1', '2'}));
}

TEST(BpeTokenizer, AddedTokensAreWhole) {
  EXPECT_EQ(encode(small_tokenizer(), "a<s>b"), (Ids{'a', 260, 'b'}));
  EXPECT_EQ(encode(small_tokenizer(), "<s"), (Ids{'<', 's'}));
}

TEST(BpeTokenizer, SpecialTokensOfTheTemplateComeFirst) {
  json tokenizer = small_tokenizer();
  tokenizer["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", {{{"SpecialToken", {{"id", "<s>"}}}}, {{"Sequence", {{"id", "A"}}}}}}};
  EXPECT_EQ(encode(tokenizer, "a"), (Ids{260, 'a'}));
}

TEST(BpeTokenizer, PrefixSpaceIsAdded) {
  json tokenizer = small_tokenizer();
  tokenizer["pre_tokenizer"]["add_prefix_space"] = true;
  EXPECT_EQ(encode(tokenizer, "the"), (Ids{258}));
}

TEST(BpeTokenizer, LongPiecesTakeNoLongTime) {
  EXPECT_EQ(encode(small_tokenizer(), std::string(200'000, '1')).size(), 200'000U);
}

TEST(BpeTokenizer, AnswersAreMadeOfSingleTokens) {
  const auto tokenizer = parse_bpe_tokenizer(small_tokenizer().dump(), "t.json");
  EXPECT_EQ(tokenizer->answer_pieces(), (std::vector<std::string>{" the"}));
}

TEST(BpeTokenizer, WhatIsNotUnderstoodIsNamed) {
  json tokenizer = small_tokenizer();
  tokenizer["model"]["type"] = "Unigram";
  EXPECT_EQ(error_of(tokenizer), "t.json: model.type: \"Unigram\" is not understood (valid: BPE)");
  tokenizer = small_tokenizer();
  tokenizer["normalizer"] = {{"type", "Lowercase"}};
  EXPECT_NE(error_of(tokenizer).find("normalizer"), std::string::npos);
  tokenizer = small_tokenizer();
  tokenizer["pre_tokenizer"] = {{"type", "Metaspace"}};
  EXPECT_NE(error_of(tokenizer).find("Metaspace"), std::string::npos);
  tokenizer = small_tokenizer();
  tokenizer["model"]["vocab"].erase("a");
  EXPECT_NE(error_of(tokenizer).find("byte 97"), std::string::npos);
  tokenizer = small_tokenizer();
  tokenizer["model"]["merges"].push_back("x y");
  EXPECT_NE(error_of(tokenizer).find("merges[4]"), std::string::npos);
  EXPECT_THROW(parse_bpe_tokenizer("{", "t.json"), DataError);
  EXPECT_THROW(parse_bpe_tokenizer("{}", "t.json"), DataError);
}

}  // namespace
}  // namespace blis::live
