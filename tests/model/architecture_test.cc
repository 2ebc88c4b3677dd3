// Reading a config.json: which keys count, in which order, and what is refused (spec latency 2).

#include "model/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "model/config_json.h"

namespace blis::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Architecture parse(const std::string& json) {
  Diagnostics diagnostics;
  return parse_architecture(json, "config.json", diagnostics);
}

std::string refusal(const std::string& json) {
  try {
    (void)parse(json);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Architecture, NeedsAJsonObject) {
  EXPECT_THAT(refusal("{\n\"a\": }"),
              AllOf(HasSubstr("config.json:2"), HasSubstr("not valid JSON")));
  EXPECT_THAT(refusal("[]"), HasSubstr("array"));
  EXPECT_THAT(refusal("\"x\""), HasSubstr("string"));
  EXPECT_THAT(refusal("3"), HasSubstr("number"));
  EXPECT_THAT(refusal("true"), HasSubstr("boolean"));
  EXPECT_THAT(refusal("{} x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("not valid JSON"));
  EXPECT_NE(refusal(R"({"hidden_size": 1e999})"), "");
  EXPECT_EQ(parse("null").num_layers, 0);
}

TEST(Architecture, LastDuplicateWins) {
  EXPECT_EQ(parse(R"({"hidden_size": 1, "hidden_size": 2})").hidden_dim, 2);
}

TEST(Architecture, IntegersTruncateAndStringsDoNotCount) {
  EXPECT_EQ(parse(R"({"num_hidden_layers": 32.9})").num_layers, 32);
  EXPECT_EQ(parse(R"({"num_hidden_layers": "32"})").num_layers, 0);
  EXPECT_EQ(parse(R"({"num_hidden_layers": null})").num_layers, 0);
  EXPECT_EQ(parse(R"({"tie_word_embeddings": "true"})").tied_embeddings, false);
  EXPECT_EQ(parse(R"({"tie_word_embeddings": true})").tied_embeddings, true);
}

TEST(Architecture, TextConfigIsLaidOverTheTopLevel) {
  const Architecture a = parse(R"({"hidden_size": 1, "vocab_size": 7, "model_type": "outer",
      "text_config": {"hidden_size": 2, "model_type": "inner", "text_config": {"hidden_size": 3}},
      "vision_config": {"num_hidden_layers": 9}})");
  EXPECT_EQ(a.hidden_dim, 2);
  EXPECT_EQ(a.vocab_size, 7);
  EXPECT_EQ(a.model_type, "inner");
  EXPECT_EQ(a.num_layers, 0);
  EXPECT_EQ(parse(R"({"hidden_size": 1, "text_config": 5})").hidden_dim, 1);
}

TEST(Architecture, KvHeadsComeFromTheFirstNonZeroKey) {
  EXPECT_EQ(parse(R"({"num_attention_heads": 8})").num_kv_heads, 8);
  EXPECT_EQ(parse(R"({"num_attention_heads": 8, "num_key_value_heads": 0, "num_kv_heads": 4})")
                .num_kv_heads,
            4);
  EXPECT_EQ(parse(R"({"num_attention_heads": 8, "multi_query_group_num": 2})").num_kv_heads, 2);
  EXPECT_EQ(parse(R"({"num_key_value_heads": -1, "num_kv_heads": 4})").num_kv_heads, -1);
}

TEST(Architecture, FfnSizeHasTwoSpellings) {
  EXPECT_EQ(parse(R"({"intermediate_size": 3, "ffn_hidden_size": 5})").intermediate_dim, 3);
  EXPECT_EQ(parse(R"({"ffn_hidden_size": 5})").intermediate_dim, 5);
}

TEST(Architecture, ASingleExpertIsADenseModel) {
  EXPECT_EQ(parse(R"({"num_local_experts": 1, "n_routed_experts": 64})").num_experts, 64);
  EXPECT_EQ(parse(R"({"num_experts": 4, "num_local_experts": 8})").num_experts, 4);
  EXPECT_EQ(parse(R"({"num_experts": 1, "num_local_experts": 8})").num_experts, 8);
  EXPECT_EQ(parse(R"({"moe_num_experts": 2, "n_routed_experts": 9})").num_experts, 2);
  EXPECT_EQ(parse(R"({"num_routed_experts": 3})").num_experts, 3);
  EXPECT_FALSE(parse(R"({"num_experts": 1})").is_moe());
}

TEST(Architecture, SharedExpertsAreAWidthOrACount) {
  EXPECT_EQ(
      parse(R"({"shared_expert_intermediate_size": 5, "n_shared_experts": 2})").shared_ffn_dim, 5);
  EXPECT_EQ(parse(R"({"n_shared_experts": 2, "moe_intermediate_size": 7})").shared_ffn_dim, 14);
  EXPECT_EQ(parse(R"({"n_shared_experts": 2, "intermediate_size": 9})").shared_ffn_dim, 18);
  EXPECT_EQ(parse(R"({"n_shared_experts": -1, "intermediate_size": 9})").shared_ffn_dim, 0);
  // The capacity formula does not know the second spelling of the FFN size.
  const Architecture a = parse(R"({"n_shared_experts": 2, "ffn_hidden_size": 9})");
  EXPECT_EQ(a.shared_ffn_dim, 18);
  EXPECT_EQ(a.capacity_shared_ffn_dim, 0);
}

TEST(Architecture, RefusesFourNegativeSizesInOrder) {
  const std::string all = R"("first_k_dense_replace": -1)";
  EXPECT_THAT(
      refusal("{" + all + R"(, "qk_rope_head_dim": -1, "kv_lora_rank": -1, "head_dim": -1})"),
      HasSubstr("head_dim: must not be negative"));
  EXPECT_THAT(refusal("{" + all + R"(, "qk_rope_head_dim": -1, "kv_lora_rank": -1})"),
              HasSubstr("kv_lora_rank"));
  EXPECT_THAT(refusal("{" + all + R"(, "qk_rope_head_dim": -1})"), HasSubstr("qk_rope_head_dim"));
  EXPECT_THAT(refusal("{" + all + "}"), HasSubstr("first_k_dense_replace"));
  EXPECT_EQ(refusal(R"({"num_hidden_layers": -1})"), "");
}

TEST(Architecture, TorchDtypeSettlesTheActivationWidth) {
  EXPECT_EQ(parse(R"({"torch_dtype": "bfloat16"})").activation_bytes, 2);
  EXPECT_EQ(parse(R"({"dtype": "float32"})").activation_bytes, 4);
  EXPECT_EQ(parse(R"({"torch_dtype": 3, "dtype": "float32"})").activation_bytes, 4);
  EXPECT_EQ(parse("{}").activation_bytes, 0);
  Diagnostics diagnostics;
  const Architecture a = parse_architecture(
      R"({"torch_dtype": "float8_e4m3fn", "dtype": "float32"})", "c", diagnostics);
  EXPECT_EQ(a.activation_bytes, 0);
  ASSERT_EQ(diagnostics.entries().size(), 1U);
  EXPECT_THAT(diagnostics.entries()[0].first, HasSubstr("float8_e4m3fn"));
}

TEST(LooksLikeModelConfig, WantsOneOfTwoKeysAtAnyValue) {
  EXPECT_TRUE(looks_like_model_config(R"({"hidden_size": 0})"));
  EXPECT_TRUE(looks_like_model_config(R"({"num_hidden_layers": null})"));
  EXPECT_TRUE(looks_like_model_config(R"({"text_config": {"hidden_size": "x"}})"));
  EXPECT_FALSE(looks_like_model_config(R"({"text_config": []})"));
  EXPECT_FALSE(looks_like_model_config(R"({"model_type": "llama"})"));
  EXPECT_FALSE(looks_like_model_config("[]"));
  EXPECT_FALSE(looks_like_model_config("null"));
  EXPECT_FALSE(looks_like_model_config("<html>"));
}

}  // namespace
}  // namespace blis::model
