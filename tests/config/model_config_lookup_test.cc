// Where a config.json comes from, in which order, and what stays untouched (spec latency 3; law 13
// of 18).

#include "config/model_config_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "testing/scripted_transport.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ScriptedTransport;
using testing::TemporaryFolder;

std::string config_of_size(int hidden) {
  return "{\"hidden_size\": " + std::to_string(hidden) + "}";
}

class ModelConfigLookup : public ::testing::Test {
 protected:
  ModelConfigLookup() { defaults_.path = folder_.path("defaults.yaml"); }

  ModelConfigText find(const std::string& model, const std::string& folder_flag = "") {
    return find_model_config(model, folder_flag, defaults_, sources_, diagnostics_);
  }
  std::string refusal(const std::string& model, const std::string& folder_flag = "") {
    try {
      (void)find(model, folder_flag);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  DefaultsFile defaults_;
  ModelSources sources_;
  Diagnostics diagnostics_;
};

TEST_F(ModelConfigLookup, AGivenFolderOrFileIsTakenAsItIs) {
  folder_.write("model_configs/m/config.json", config_of_size(1));
  const std::string file = folder_.write("mine/config.json", "not even JSON");
  EXPECT_EQ(find("org/m", folder_.path("mine")).text, "not even JSON");
  EXPECT_EQ(find("org/m", folder_.path("mine")).file, file);
  EXPECT_EQ(find("org/m", folder_.write("mine/other.json", "x")).text, "x");
  EXPECT_THAT(refusal("org/m", folder_.path("nowhere")), HasSubstr("nowhere/config.json"));
}

TEST_F(ModelConfigLookup, ShippedFilesGoByTheNameAfterTheFirstSlash) {
  folder_.write("model_configs/m/config.json", config_of_size(1));
  folder_.write("model_configs/b/c/config.json", config_of_size(2));
  EXPECT_EQ(find("org/m").text, config_of_size(1));
  EXPECT_EQ(find("other/m").text, config_of_size(1));
  EXPECT_EQ(find("m").text, config_of_size(1));
  EXPECT_EQ(find("a/b/c").text, config_of_size(2));
  EXPECT_EQ(find("org/x/../m").text, config_of_size(1));
  EXPECT_EQ(find("org/m/").text, config_of_size(1));
}

TEST_F(ModelConfigLookup, NamesMustNotLeaveTheFolder) {
  for (const char* name : {"org/../m", "org/..", "org/a..b", "org//etc"}) {
    EXPECT_THAT(refusal(name), AllOf(HasSubstr("invalid model name"), HasSubstr(name)));
  }
}

TEST_F(ModelConfigLookup, AnUnusableFileIsReportedAndKeptUnlessTheFetchSucceeds) {
  folder_.write("model_configs/m/config.json", "<html>");
  EXPECT_THAT(refusal("org/m"),
              AllOf(HasSubstr("model_configs/m/config.json"), HasSubstr("--model-config-folder"),
                    HasSubstr("switched off")));
  EXPECT_EQ(diagnostics_.entries().size(), 1U);
  EXPECT_EQ(folder_.read("model_configs/m/config.json"), "<html>");

  ScriptedTransport transport({{.status = 200, .location = "", .body = config_of_size(3)}});
  sources_.transport = &transport;
  EXPECT_EQ(find("org/m").text, config_of_size(3));
  EXPECT_EQ(folder_.read("model_configs/m/config.json"), config_of_size(3));
}

TEST_F(ModelConfigLookup, FetchesFromTheDefaultsRepositoryAndKeepsTheFile) {
  defaults_.models["org/m"].hf_repo = "Org/M";
  ScriptedTransport transport({{.status = 200, .location = "", .body = config_of_size(4)}});
  sources_.transport = &transport;
  sources_.hugging_face_token = "secret";
  const ModelConfigText found = find("org/m");
  EXPECT_EQ(found.text, config_of_size(4));
  EXPECT_EQ(found.file, folder_.path("model_configs/m/config.json"));
  EXPECT_THAT(transport.requests[0].url, HasSubstr("/Org/M/"));
  EXPECT_EQ(transport.requests[0].bearer_token, "secret");
  EXPECT_EQ(find("org/m").text,
            config_of_size(4));  // now local: the transport has no second answer
}

TEST_F(ModelConfigLookup, AFailedFetchLeavesNothingBehind) {
  ScriptedTransport transport({{.status = 404, .location = "", .body = "gone"}});
  sources_.transport = &transport;
  EXPECT_THAT(refusal("org/m"), AllOf(HasSubstr("HTTP 404"), HasSubstr("\"org/m\"")));
  EXPECT_THAT(transport.requests[0].url, HasSubstr("/org/m/"));
  EXPECT_FALSE(folder_.has("model_configs/m"));
  EXPECT_THAT(refusal("no-organisation"), HasSubstr("no repository"));
}

TEST_F(ModelConfigLookup, ALocalCacheIsAskedBeforeTheNetwork) {
  sources_.hugging_face_cache = folder_.path("hub");
  defaults_.models["org/m"].hf_repo = "Org/M";
  folder_.write("hub/models--Org--M/snapshots/bbb/config.json", config_of_size(2));
  folder_.write("hub/models--Org--M/snapshots/ccc/config.json", config_of_size(3));
  folder_.write("hub/models--Org--M/snapshots/aaa/config.json", "<html>");
  folder_.write("hub/models--Org--M/snapshots/000/tokenizer.json", "{}");
  EXPECT_EQ(find("org/m").text, config_of_size(2));
  folder_.write("hub/models--Org--M/refs/main", "ccc\n");
  EXPECT_EQ(find("org/m").text, config_of_size(3));
  EXPECT_FALSE(folder_.has("model_configs"));  // a cache is read, not copied

  EXPECT_EQ(find("ORG/M").text, config_of_size(3));  // a name without a defaults entry, in any case
  folder_.write("model_configs/m/config.json", config_of_size(1));
  EXPECT_EQ(find("org/m").text, config_of_size(1));
  EXPECT_THAT(refusal("org/other"), HasSubstr("hub"));
}

}  // namespace
}  // namespace blis::config
