#include "base/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <iterator>

#include "base/csv.h"
#include "base/error.h"
#include "base/output_file.h"
#include "testing/temporary_folder.h"

namespace blis {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

constexpr const char* kEndings[] = {".gz", ".zst"};

std::string stored(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void store(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string csv_error(const std::string& path) {
  try {
    CsvReader reader(path);
    std::vector<std::string_view> fields;
    while (reader.next(fields)) {
    }
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::string many_rows() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 100'003) + ",field\n";
  return text;
}

TEST(Compression, IsToldByTheEndOfTheName) {
  EXPECT_EQ(compression_of("a.csv.gz"), Compression::kGzip);
  EXPECT_EQ(compression_of("a.zst"), Compression::kZstd);
  EXPECT_EQ(compression_of("gz"), Compression::kNone);
}

RC_GTEST_PROP(Compression, WhatWasWrittenIsReadBackHoweverItWasCut,
              (const std::vector<std::string>& portions)) {
  const TemporaryFolder folder;
  std::string whole;
  for (const std::string& portion : portions) whole += portion;
  for (const char* ending : kEndings) {
    const std::string path = folder.path(std::string("t") + ending);
    OutputFile file(path);
    for (const std::string& portion : portions) file.append(portion);
    file.commit();
    RC_ASSERT(read_file(path) == whole);
    const std::string at_once = folder.path(std::string("u") + ending);
    write_file(at_once, whole);
    RC_ASSERT(read_file(at_once) == whole);
  }
}

TEST(Compression, LongFilesShrinkAndComeBack) {
  const TemporaryFolder folder;
  const std::string text = many_rows();
  for (const char* ending : kEndings) {
    const std::string path = folder.path(std::string("t.csv") + ending);
    write_file(path, text);
    EXPECT_LT(stored(path).size(), text.size() / 2);
    EXPECT_EQ(read_file(path), text);
    EXPECT_EQ(csv_error(path), "");
  }
}

TEST(Compression, SeveralCompressedFilesInARowAreOne) {
  const TemporaryFolder folder;
  for (const char* ending : kEndings) {
    const std::string path = folder.path(std::string("t") + ending);
    write_file(path, "one,");
    const std::string first = stored(path);
    write_file(path, "two");
    store(path, first + stored(path));
    EXPECT_EQ(read_file(path), "one,two");
  }
}

TEST(Compression, ATruncatedFileIsRefusedAtItsLastRow) {
  const TemporaryFolder folder;
  for (const char* ending : kEndings) {
    const std::string path = folder.path(std::string("t.csv") + ending);
    write_file(path, many_rows());
    const std::string whole = stored(path);
    for (const std::size_t kept : {whole.size() / 2, whole.size() - 1, std::size_t{0}}) {
      store(path, whole.substr(0, kept));
      EXPECT_THAT(csv_error(path), HasSubstr("the compressed data ends early")) << ending << kept;
      EXPECT_THAT(csv_error(path), HasSubstr(path + ":"));
    }
  }
}

TEST(Compression, WhatIsNotCompressedAsItsNameSaysIsRefused) {
  const TemporaryFolder folder;
  store(folder.path("t.csv.gz"), "a,b\n");
  EXPECT_THAT(csv_error(folder.path("t.csv.gz")), HasSubstr("not gzip data"));
  store(folder.path("t.csv.zst"), "a,b,c,d,e\n");
  EXPECT_THAT(csv_error(folder.path("t.csv.zst")), HasSubstr("not zstd data"));
  EXPECT_THROW(read_file(folder.path("t.csv.gz")), ConfigError);
}

// A row that never ends must not be gathered up for ever; compressed, a file of a few kilobytes can
// hold one of any size.
TEST(CsvRowLimit, ARowWithoutEndIsRefusedBeforeItFillsTheMemory) {
  const TemporaryFolder folder;
  const std::string chunk(std::size_t{1} << 20, 'x');
  for (const std::string begin : {"a,b\n1,", "a,b\n1,\"", "a,b\n1,\"x\n"}) {
    const std::string path = folder.path("t.csv.zst");
    OutputFile file(path);
    file.append(begin);
    for (int i = 0; i < 64; ++i) {
      file.append(chunk);
      if (begin.ends_with('\n')) file.append("\n");  // a quote that is not closed, over many lines
    }
    file.commit();
    EXPECT_THAT(csv_error(path), HasSubstr("t.csv.zst:2: the row is longer than 16 MiB"));
  }
}

}  // namespace
}  // namespace blis
