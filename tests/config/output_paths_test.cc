// Output files are refused before the work, and nothing is created.

#include "config/output_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace blis::config {
namespace {

std::string error_of(const std::string& path) {
  try {
    check_output_path("--metrics-path", path);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(OutputPath, MayBeNewExistingOrAbsent) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(error_of(folder.path("new-output.json")), "no error");
  EXPECT_FALSE(folder.has("new-output.json"));
  EXPECT_EQ(error_of("relative.json"), "no error");
  EXPECT_EQ(error_of(""), "no error");
}

TEST(OutputPath, NeedsItsFolder) {
  EXPECT_THAT(
      error_of("no/such/folder/m.json"),
      ::testing::HasSubstr(
          "--metrics-path: cannot write no/such/folder/m.json: there is no folder no/such/folder"));
}

TEST(OutputPath, IsNotAFolder) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.path()), ::testing::HasSubstr("it is a folder"));
}

}  // namespace
}  // namespace blis::config
