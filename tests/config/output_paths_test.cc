// Output files are refused before the work, and nothing is created.

#include "config/output_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/error.h"

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
  const std::string file = (std::filesystem::path(testing::TempDir()) / "new-output.json").string();
  EXPECT_EQ(error_of(file), "no error");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(error_of("relative.json"), "no error");
  EXPECT_EQ(error_of(""), "no error");
}

TEST(OutputPath, NeedsItsFolder) {
  EXPECT_THAT(
      error_of("no/such/folder/m.json"),
      testing::HasSubstr(
          "--metrics-path: cannot write no/such/folder/m.json: there is no folder no/such/folder"));
}

TEST(OutputPath, IsNotAFolder) {
  EXPECT_THAT(error_of(testing::TempDir()), testing::HasSubstr("it is a folder"));
}

}  // namespace
}  // namespace blis::config
