#include "live/serve/service.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace blis::live {
namespace {

using nlohmann::json;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceConfig config{.model = "m", .adapters = {"l"}, .max_model_len_tokens = 100};
  SymbolTable symbols;
  std::unique_ptr<Tokenizer> tokenizer = make_approximate_tokenizer();
  Service service{config, *tokenizer, symbols};

  Action post(const std::string& target, const std::string& body) {
    return service.handle({.method = "POST", .target = target, .body = body});
  }
  Reply reply(const Action& action) {
    if (const Reply* reply = std::get_if<Reply>(&action)) return *reply;
    ADD_FAILURE() << "not a reply";
    return {};
  }
  Generation generation(const std::string& target, const std::string& body) {
    const Action action = post(target, body);
    if (const Generation* g = std::get_if<Generation>(&action)) return *g;
    ADD_FAILURE() << reply(action).body;
    return {};
  }
  Generation completion(const std::string& body) { return generation("/v1/completions", body); }
};

TEST_F(ServiceTest, TokensArePlannedAsAskedFor) {
  const Generation g = completion(R"({"prompt":"one two three","max_tokens":7,"stream":true})");
  ASSERT_EQ(g.specs.size(), 1U);
  EXPECT_EQ(g.specs[0].input_tokens, 3);
  EXPECT_EQ(g.specs[0].output_tokens, 7);
  EXPECT_EQ(g.specs[0].max_output_tokens, 7);
  EXPECT_EQ(g.plans[0].finish_reason, "length");
  EXPECT_TRUE(g.stream);
}

TEST_F(ServiceTest, WithoutALimitAnswersStop) {
  const Generation g = completion(R"({"prompt":"x"})");
  EXPECT_EQ(g.plans[0].output_tokens, 16);
  EXPECT_EQ(g.plans[0].finish_reason, "stop");
  const Generation chat =
      generation("/v1/chat/completions", R"({"messages":[{"role":"user","content":"hi"}]})");
  // 128 would not fit behind the prompt.
  EXPECT_EQ(chat.plans[0].output_tokens, 100 - chat.plans[0].prompt_tokens);
}

TEST_F(ServiceTest, PromptsComeInFourForms) {
  EXPECT_EQ(completion(R"({"prompt":[1,2,3,4]})").specs[0].input_tokens, 4);
  EXPECT_EQ(completion(R"({"prompt":["a","b"],"n":2})").specs.size(), 4U);
  EXPECT_EQ(completion(R"({"prompt":[[1,2],[3]]})").specs[1].input_tokens, 1);
}

TEST_F(ServiceTest, EqualBeginningsHaveEqualKeys) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += " word";
  const Generation a = completion(json{{"prompt", text + " a"}, {"max_tokens", 8}}.dump());
  const Generation b = completion(json{{"prompt", text + " b"}, {"max_tokens", 8}}.dump());
  EXPECT_EQ(a.specs[0].keys->sequence[0], b.specs[0].keys->sequence[0]);
  EXPECT_EQ(a.specs[0].keys->sequence[1], b.specs[0].keys->sequence[1]);
  EXPECT_NE(a.specs[0].keys->sequence[2], b.specs[0].keys->sequence[2]);
}

TEST_F(ServiceTest, AnswersComeBackAsTheTokensThatTheyWere) {
  // What an answer leaves in the cache is found again by a prompt that quotes it.
  const Generation first = completion(R"({"prompt":"one two three","max_tokens":40})");
  std::string text = "one two three";
  for (std::int64_t i = 0; i < 40; ++i) {
    text += answer_piece(tokenizer->answer_pieces(), first.plans[0].seed, i);
  }
  const Generation second = completion(json{{"prompt", text}, {"max_tokens", 1}}.dump());
  EXPECT_EQ(second.specs[0].input_tokens, 43);
  EXPECT_EQ(first.specs[0].keys->sequence[1], second.specs[0].keys->sequence[1]);
}

TEST_F(ServiceTest, MistakesAreAnsweredInTheClientsTerms) {
  const auto status = [&](const std::string& body) {
    const Reply r = reply(post("/v1/completions", body));
    EXPECT_TRUE(json::parse(r.body)["error"].contains("message"));
    return r.status;
  };
  EXPECT_EQ(status("{"), 400);
  EXPECT_EQ(status("[]"), 400);
  EXPECT_EQ(status("{}"), 400);
  EXPECT_EQ(status(R"({"prompt":""})"), 400);
  EXPECT_EQ(status(R"({"prompt":[]})"), 400);
  EXPECT_EQ(status(R"({"prompt":[-1]})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","max_tokens":0})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","max_tokens":99999999999999999999})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","max_tokens":100})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","max_tokens":"5"})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","n":1000})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","stream":1})"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","stream_options":{}})"), 400);
  EXPECT_EQ(status("{\"prompt\":\"\xff\"}"), 400);
  EXPECT_EQ(status(R"({"prompt":"x","model":"other"})"), 404);
  EXPECT_EQ(reply(post("/v1/nothing", "")).status, 404);
  EXPECT_EQ(reply(service.handle({.method = "GET", .target = "/v1/completions"})).status, 405);
}

TEST_F(ServiceTest, AdaptersAreModels) {
  EXPECT_EQ(symbols.text(completion(R"({"prompt":"x","model":"l"})").specs[0].adapter), "l");
  EXPECT_EQ(
      json::parse(reply(service.handle({.method = "GET", .target = "/v1/models"})).body)["data"]
          .size(),
      2U);
}

TEST_F(ServiceTest, AKeyIsAskedForWhereThereIsOne) {
  config.api_key = "secret";
  const auto status = [&](const std::string& authorization, const std::string& target) {
    const Action action =
        service.handle({.method = "GET", .target = target, .authorization = authorization});
    return std::holds_alternative<Question>(action) ? 200 : reply(action).status;
  };
  EXPECT_EQ(status("", "/v1/models"), 401);
  EXPECT_EQ(status("Bearer secre", "/v1/models"), 401);
  EXPECT_EQ(status("Bearer secretx", "/v1/models"), 401);
  EXPECT_EQ(status("Bearer secret", "/v1/models"), 200);
  EXPECT_EQ(status("", "/health"), 200);
}

TEST_F(ServiceTest, TokenizeCountsWhatAPromptWouldHave) {
  const json body = json::parse(reply(post("/tokenize", R"({"prompt":"one two three"})")).body);
  EXPECT_EQ(body["count"], 3);
  EXPECT_EQ(body["max_model_len"], 100);
}

}  // namespace
}  // namespace blis::live
