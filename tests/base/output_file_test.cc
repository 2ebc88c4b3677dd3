#include "base/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace blis {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class OutputFileTest : public ::testing::Test {
 protected:
  std::string path(const char* name) const { return folder_.path(name); }
  std::ptrdiff_t file_count() const {
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }

  testing::TemporaryFolder folder_;
};

template <typename Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST_F(OutputFileTest, WritesAndReplacesWholeFiles) {
  write_file(path("a.txt"), "one");
  EXPECT_EQ(read_file(path("a.txt")), "one");
  write_file(path("a.txt"), std::string(3'000'000, 'x'));
  EXPECT_EQ(read_file(path("a.txt")).size(), 3'000'000u);
  write_file(path("a.txt"), "");
  EXPECT_EQ(read_file(path("a.txt")), "");
  EXPECT_EQ(file_count(), 1);  // nothing temporary stays
  EXPECT_EQ(fs::status(path("a.txt")).permissions() & fs::perms::owner_all,
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(OutputFileTest, ReplacesTheTargetOfALinkAndNotTheLink) {
  write_file(path("target"), "old");
  fs::create_symlink(path("target"), path("link"));
  write_file(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_file(path("target")), "new");
}

TEST_F(OutputFileTest, WritesIntoDevicesInPlace) {
  write_file("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(read_file("/dev/null"), "");
}

TEST_F(OutputFileTest, NamesPathAndReason) {
  EXPECT_EQ(error_of([&] { read_file(path("none")); }),
            path("none") + ": cannot read: No such file or directory");
  EXPECT_THAT(error_of([&] { read_file(folder_.path()); }),
              HasSubstr("cannot read: Is a directory"));
  EXPECT_EQ(error_of([&] { write_file(path("no/such/folder"), "x"); }),
            path("no/such/folder") + ": cannot write: No such file or directory");
  EXPECT_THAT(error_of([&] { write_file(folder_.path(), "x"); }),
              HasSubstr("cannot write: Is a directory"));
  EXPECT_THAT(error_of([&] { write_file("/dev/full", "x"); }), HasSubstr("No space left"));
  EXPECT_EQ(file_count(), 0);
}

TEST_F(OutputFileTest, AppearsOnlyWhenCommitted) {
  OutputFile file(path("out"));
  file.append("one ");
  file.append("two");
  EXPECT_FALSE(fs::exists(path("out")));
  file.commit();
  EXPECT_EQ(read_file(path("out")), "one two");
  EXPECT_EQ(file_count(), 1);
}

TEST_F(OutputFileTest, LeavesTheOldFileWhenAbandoned) {
  write_file(path("out"), "old");
  {
    OutputFile file(path("out"));
    file.append("new");
  }
  EXPECT_EQ(read_file(path("out")), "old");
  EXPECT_EQ(file_count(), 1);
}

}  // namespace
}  // namespace blis
