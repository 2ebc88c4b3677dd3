// The files of an observation, and what is left when they cannot be written.

#include "live/observe/observed_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/output_file.h"
#include "testing/message_of.h"
#include "testing/temporary_folder.h"
#include "trace/trace_reader.h"

namespace blis::live {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::TemporaryFolder;

ObservedRequest measured(std::int64_t id) {
  ObservedRequest request;
  request.record.request_id = id;
  request.record.status = "ok";
  request.record.x_request_id = "x";
  request.chunk_times_us = {5, 6};
  return request;
}

std::vector<trace::TraceRecord> rows_of(const std::string& path) {
  trace::TraceReader reader(path);
  std::vector<trace::TraceRecord> rows;
  trace::TraceRecord row;
  while (reader.next(row)) rows.push_back(row);
  return rows;
}

TEST(Journal, IsATraceAtAnyTime) {
  const TemporaryFolder folder;
  Journal journal(folder.path("d.csv"), journal_columns({}));
  EXPECT_THAT(rows_of(folder.path("d.csv.partial")), SizeIs(0));
  journal.add(measured(1).record);
  journal.add(measured(2).record);
  EXPECT_TRUE(journal.flush());
  EXPECT_EQ(journal.rows_on_disk(), 2);
  const auto rows = rows_of(folder.path("d.csv.partial"));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].request_id, 2);
}

TEST(Journal, WithoutRowsLeavesNothing) {
  const TemporaryFolder folder;
  { const Journal journal(folder.path("d.csv"), {}); }
  EXPECT_FALSE(std::filesystem::exists(folder.path("d.csv.partial")));
}

TEST(Journal, SurvivesItsOwner) {
  const TemporaryFolder folder;
  {
    Journal journal(folder.path("d.csv"), {});
    journal.add(measured(1).record);
    journal.flush();
  }
  EXPECT_THAT(rows_of(folder.path("d.csv.partial")), SizeIs(1));
}

TEST(ObservedTrace, TakesTheJournalAwayWhenItIsWritten) {
  const TemporaryFolder folder;
  const TraceFiles files{folder.path("h.yaml"), folder.path("d.csv"), folder.path("d.itl.csv")};
  Journal journal(files.data, {});
  const std::vector<ObservedRequest> requests = {measured(1), measured(2)};
  for (const ObservedRequest& r : requests) journal.add(r.record);
  write_observed_trace(files, {}, requests, journal);
  EXPECT_THAT(rows_of(files.data), SizeIs(2));
  EXPECT_EQ(read_file(files.itl),
            "request_id,chunk_index,timestamp_us\n1,0,5\n1,1,6\n2,0,5\n2,1,6\n");
  EXPECT_FALSE(std::filesystem::exists(files.data + ".partial"));
}

TEST(ObservedTrace, KeepsTheJournalWhenNothingCanBeWritten) {
  const TemporaryFolder folder;
  const TraceFiles files{folder.path("missing/h.yaml"), folder.path("d.csv"), ""};
  Journal journal(files.data, {});
  journal.add(measured(1).record);
  const char* const before = std::getenv("TMPDIR");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("TMPDIR", folder.path("no-such-folder").c_str(), 1);
  const std::string message =
      testing::message_of([&] { write_observed_trace(files, {}, {measured(1)}, journal); });
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", saved.c_str(), 1);
  EXPECT_THAT(message, HasSubstr("1 of 1 measured requests are in " + journal.path()));
  EXPECT_THAT(rows_of(journal.path()), SizeIs(1));
}

TEST(ObservedTrace, NamesChunkTimesAfterTheData) {
  EXPECT_EQ(default_itl_path("a/b.csv"), "a/b.itl.csv");
  EXPECT_EQ(default_itl_path("b.dat"), "b.dat.itl.csv");
  EXPECT_EQ(utc_text(1'700'000'000), "2023-11-14T22:13:20Z");
}

}  // namespace
}  // namespace blis::live
