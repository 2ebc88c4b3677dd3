// The rules of fetching a config.json (spec latency 3), over a scripted transport.

#include "model/config_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "base/error.h"
#include "testing/scripted_transport.h"

namespace blis::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ScriptedTransport;

constexpr const char* kConfig = R"({"hidden_size": 1})";

HttpResponse ok(std::string body = kConfig) {
  return {.status = 200, .location = "", .body = std::move(body)};
}
HttpResponse redirect(std::string location, long status = 302) {
  return {.status = status, .location = std::move(location), .body = ""};
}

std::string refusal(ScriptedTransport& transport, const std::string& repo = "org/name") {
  try {
    (void)fetch_model_config(repo, "secret", transport);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ConfigFetch, AsksForTheFileOfTheMainBranch) {
  ScriptedTransport transport({ok()});
  EXPECT_EQ(fetch_model_config("Org.1/na-me_2", "secret", transport), kConfig);
  ASSERT_EQ(transport.requests.size(), 1U);
  EXPECT_EQ(transport.requests[0].url,
            "https://huggingface.co/Org.1/na-me_2/resolve/main/config.json");
  EXPECT_EQ(transport.requests[0].bearer_token, "secret");
  EXPECT_EQ(transport.requests[0].timeout_s, 30);
}

TEST(ConfigFetch, RefusesOddRepositoriesBeforeAsking) {
  for (const char* repo : {"", "name", "a/b/c", "/name", "org/", "org/na me", "org/na?me",
                           "org/na#me", "org@x/name"}) {
    EXPECT_FALSE(is_repository_id(repo)) << repo;
    ScriptedTransport transport({ok()});
    EXPECT_THAT(refusal(transport, repo), HasSubstr("no repository")) << repo;
    EXPECT_TRUE(transport.requests.empty());
  }
}

TEST(ConfigFetch, FollowsTwoRedirectsAndRefusesTheThird) {
  ScriptedTransport two(
      {redirect("/api/resolve-cache/x"), redirect("https://huggingface.co/y", 307), ok()});
  EXPECT_EQ(fetch_model_config("org/name", "", two), kConfig);
  ASSERT_EQ(two.requests.size(), 3U);
  EXPECT_EQ(two.requests[1].url, "https://huggingface.co/api/resolve-cache/x");

  ScriptedTransport three({redirect("/a"), redirect("/b"), redirect("/c"), ok()});
  EXPECT_THAT(refusal(three), HasSubstr("more than 2 redirects"));
  EXPECT_EQ(three.requests.size(), 3U);
}

TEST(ConfigFetch, KeepsTheTokenFromSubDomains) {
  ScriptedTransport transport(
      {redirect("https://cdn.huggingface.co/x"), redirect("https://huggingface.co/y"), ok()});
  EXPECT_EQ(fetch_model_config("org/name", "secret", transport), kConfig);
  EXPECT_EQ(transport.requests[1].bearer_token, "");
  EXPECT_EQ(transport.requests[2].bearer_token, "secret");
}

TEST(ConfigFetch, StaysAtHome) {
  for (const char* elsewhere :
       {"https://example.com/x", "https://huggingface.co.evil.org/x", "https://nothuggingface.co/x",
        "https://cdn-lfs.hf.co/x", "http://huggingface.co/x", "file:///etc/passwd"}) {
    ScriptedTransport transport({redirect(elsewhere), ok()});
    EXPECT_NE(refusal(transport), "") << elsewhere;
    EXPECT_EQ(transport.requests.size(), 1U);
  }
}

TEST(ConfigFetch, SharesItsTimeAmongTheHops) {
  HttpResponse slow = redirect("/x");
  slow.elapsed_s = 12;
  ScriptedTransport transport({slow, ok()});
  (void)fetch_model_config("org/name", "", transport);
  EXPECT_EQ(transport.requests[1].timeout_s, 18);
  slow.elapsed_s = 31;
  ScriptedTransport late({slow, ok()});
  EXPECT_THAT(refusal(late), HasSubstr("30 s"));
}

TEST(ConfigFetch, ExplainsStatuses) {
  ScriptedTransport missing({{.status = 404, .location = "", .body = ""}});
  EXPECT_THAT(refusal(missing), AllOf(HasSubstr("HTTP 404"), HasSubstr("spelling")));
  ScriptedTransport gated({{.status = 401, .location = "", .body = ""}});
  EXPECT_THAT(refusal(gated), AllOf(HasSubstr("HTTP 401"), HasSubstr("HF_TOKEN")));
  ScriptedTransport broken({{.status = 503, .location = "", .body = ""}});
  EXPECT_THAT(refusal(broken), HasSubstr("HTTP 503"));
  ScriptedTransport nowhere({redirect("")});  // a redirect without a target
  EXPECT_THAT(refusal(nowhere), HasSubstr("HTTP 302"));
}

TEST(ConfigFetch, LimitsTheBody) {
  constexpr std::size_t kLimit = std::size_t{10} << 20;
  std::string padded = kConfig;
  padded.resize(kLimit, ' ');
  ScriptedTransport exactly({ok(padded)});
  EXPECT_EQ(fetch_model_config("org/name", "", exactly), padded);
  EXPECT_EQ(exactly.requests[0].max_body_bytes, kLimit);
  ScriptedTransport more({ok(padded + " ")});
  EXPECT_THAT(refusal(more), HasSubstr("exceeds"));
}

TEST(ConfigFetch, WantsAModelsConfig) {
  for (const char* body : {"", "<html>", "[]", R"({"error": "x"})"}) {
    ScriptedTransport transport({ok(body)});
    EXPECT_THAT(refusal(transport), HasSubstr("not a model's config.json")) << body;
  }
}

}  // namespace
}  // namespace blis::model
