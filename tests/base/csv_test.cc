#include "base/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace blis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Row = std::vector<std::string>;

std::vector<Row> rows_of(CsvReader& reader) {
  std::vector<Row> rows;
  std::vector<std::string_view> fields;
  while (reader.next(fields)) rows.emplace_back(fields.begin(), fields.end());
  return rows;
}

std::vector<Row> rows_of(std::string_view text) {
  CsvReader reader(std::string(text), "t.csv");
  return rows_of(reader);
}

std::string line_of(const Row& row) {
  CsvWriter writer;
  for (const std::string& field : row) writer.field(field);
  writer.end_row();
  return writer.text();
}

TEST(CsvWriter, QuotesOnlyWhereNeeded) {
  EXPECT_EQ(line_of({"a", "b c", ""}), "a,b c,\n");
  EXPECT_EQ(line_of({"a,b", "say \"hi\"", "two\nlines", "cr\r"}),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\"\n");
  EXPECT_EQ(line_of({" lead", "\ttab", "\u00a0nbsp", "trail ", "\\.", "\\.."}),
            "\" lead\",\"\ttab\",\"\u00a0nbsp\",trail ,\"\\.\",\\..\n");
}

TEST(CsvWriter, WritesNumbersAndPortions) {
  CsvWriter writer;
  writer.field(std::int64_t{-5});
  writer.field();
  writer.field("x");
  writer.end_row();
  EXPECT_EQ(writer.text(), "-5,,x\n");
  writer.clear();
  writer.field(std::int64_t{1});
  writer.end_row();
  EXPECT_EQ(writer.text(), "1\n");
}

TEST(CsvReader, SplitsRows) {
  EXPECT_THAT(rows_of("a,b\n1,\n,\n"), ElementsAre(Row{"a", "b"}, Row{"1", ""}, Row{"", ""}));
  EXPECT_THAT(rows_of("a,b\r\nc"), ElementsAre(Row{"a", "b"}, Row{"c"}));
  EXPECT_THAT(rows_of("\n\na\n\r\nb\n\r"), ElementsAre(Row{"a"}, Row{"b"}));
  EXPECT_TRUE(rows_of("").empty());
}

RC_GTEST_PROP(CsvReader, FindsEveryComma, (std::vector<std::string> fields)) {
  // Fields of any length and content, so that commas stand everywhere in the words that are
  // searched.
  for (std::string& field : fields) {
    std::erase_if(field, [](char c) { return c == ',' || c == '"' || c == '\n' || c == '\r'; });
  }
  RC_PRE(fields.size() > 1);
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + fields[i];
  RC_ASSERT(rows_of(line + "\n") == std::vector<Row>{fields});
}

TEST(CsvReader, ReadsQuotedFields) {
  EXPECT_THAT(rows_of("\"a,b\",\"say \"\"hi\"\"\",\"\"\n"),
              ElementsAre(Row{"a,b", "say \"hi\"", ""}));
  EXPECT_THAT(rows_of("\"two\r\nlines\n\nand more\",x\ny,z\n"),
              ElementsAre(Row{"two\nlines\n\nand more", "x"}, Row{"y", "z"}));
  EXPECT_THAT(rows_of("a,\"b\""), ElementsAre(Row{"a", "b"}));
}

TEST(CsvReader, KnowsTheLineOfARow) {
  CsvReader reader("a\n\n\"b\n\n\"\nc\n", "t.csv");
  std::vector<std::string_view> fields;
  std::vector<int> lines;
  while (reader.next(fields)) lines.push_back(reader.line());
  EXPECT_THAT(lines, ElementsAre(1, 3, 6));
}

std::string error_of(std::string_view text) {
  try {
    rows_of(text);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(CsvReader, ReportsBrokenQuotesWithTheirLine) {
  EXPECT_EQ(error_of("a\nb,c\"d\n"),
            "t.csv:2: field 2: quote in a field that does not begin with one");
  EXPECT_EQ(error_of("\"a\"b\n"), "t.csv:1: field 1: text after the closing quote");
  EXPECT_EQ(error_of("x\n\"a\nb\n"), "t.csv:2: field 1: closing quote is missing");
  EXPECT_EQ(error_of("\""), "t.csv:1: field 1: closing quote is missing");
}

TEST(CsvReader, ReportsAMissingFile) {
  try {
    CsvReader reader("/nonexistent/x.csv");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/x.csv: cannot read: No such file"));
  }
}

// Rows of all lengths cross the ends of the portions that the reader takes from a file.
TEST(CsvReader, ReadsFilesLongerThanAPortion) {
  std::vector<Row> rows;
  std::string text;
  for (std::size_t i = 0; i < 3000; ++i) {
    rows.push_back({std::to_string(i), std::string(i % 1999, 'x'), i % 7 == 0 ? "a\nb" : ""});
    text += line_of(rows.back());
  }
  rows.push_back({std::string(3'000'000, 'y'), "end"});
  text += line_of(rows.back());
  const testing::TemporaryFolder folder;
  CsvReader reader(folder.write("long.csv", text));
  EXPECT_EQ(rows_of(reader), rows);
}

RC_GTEST_PROP(Csv, ReadsWhatItWrote, ()) {
  const auto field =
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab,\"\n \\.")));
  auto rows = *rc::gen::container<std::vector<Row>>(rc::gen::container<Row>(field));
  std::string text;
  std::vector<Row> expected;
  for (const Row& row : rows) {
    // A row without fields, or with one empty field, is a blank line, which readers skip.
    text += line_of(row);
    if (!row.empty() && row != Row{""}) expected.push_back(row);
  }
  RC_ASSERT(rows_of(text) == expected);
}

}  // namespace
}  // namespace blis
