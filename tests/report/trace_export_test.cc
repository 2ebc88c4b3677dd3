#include "report/trace_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/reported_run.h"
#include "testing/temporary_folder.h"
#include "trace/trace_reader.h"

namespace blis::report {
namespace {

using ::testing::ElementsAre;
using testing::ReportedRun;
using testing::TemporaryFolder;

std::vector<trace::TraceRecord> records_of(const std::string& file) {
  trace::TraceReader reader(file);
  std::vector<trace::TraceRecord> records;
  trace::TraceRecord record;
  while (reader.next(record)) records.push_back(record);
  return records;
}

trace::TraceHeader generated() {
  trace::TraceHeader header;
  header.trace_version = trace::kTraceVersion;
  header.time_unit = "microseconds";
  header.mode = trace::kModeGenerated;
  return header;
}

TEST(RunTrace, SaysHowEachRequestEnded) {
  ReportedRun run;
  const auto add = [&](std::int64_t number, request::RequestState state, bool has_token) {
    request::Request& r = run.requests()[run.add({.number = number, .arrival = 100})];
    r.state = state;
    r.ttft_set = has_token;
    r.first_token = Micros(50);
    r.measured.itl_sum = Micros(7);
  };
  add(0, request::RequestState::kCompleted, true);
  add(1, request::RequestState::kTimedOut, false);
  add(2, request::RequestState::kRunning, true);
  add(3, request::RequestState::kQueued, false);  // rejected, or its first token was taken back
  TemporaryFolder folder;
  write_run_trace(folder.path("t"), generated(), run.result());
  const auto records = records_of(folder.path("t.csv"));
  ASSERT_EQ(records.size(), 4u);
  std::vector<std::string> statuses;
  for (const auto& r : records) statuses.push_back(r.status);
  EXPECT_THAT(statuses, ElementsAre("ok", "timeout", "incomplete", "incomplete"));
  EXPECT_EQ(records[0].send_time_us, 100);
  EXPECT_EQ(records[0].first_chunk_time_us, 150);
  EXPECT_EQ(records[0].last_chunk_time_us, 157);
  EXPECT_EQ(records[1].first_chunk_time_us, 0);
  EXPECT_EQ(records[2].last_chunk_time_us, 157);
}

TEST(RunTrace, TakesASharedPrefixOutOfTheInputUnlessItDoesNotFit) {
  ReportedRun run;
  run.requests()[run.add({.number = 0, .input = 10})].spec.prefix_tokens = 4;
  run.requests()[run.add({.number = 1, .input = 10})].spec.prefix_tokens = 40;
  TemporaryFolder folder;
  write_run_trace(folder.path("t"), generated(), run.result());
  const auto records = records_of(folder.path("t.csv"));
  EXPECT_EQ(records[0].input_tokens, 6);
  EXPECT_EQ(records[0].prefix_length, 4);
  EXPECT_EQ(records[1].input_tokens, 10);
  EXPECT_EQ(records[1].prefix_length, 0);
}

TEST(RunTrace, LeavesNothingIfItCannotBeWritten) {
  ReportedRun run;
  TemporaryFolder folder;
  EXPECT_THROW(write_run_trace(folder.path("no/such/folder/t"), generated(), run.result()),
               ConfigError);
}

// Requests that were built in this order and arrive in another.
class BuiltRequests final : public trace::ReplaySource {
 public:
  BuiltRequests(std::vector<std::int64_t> numbers, std::vector<std::size_t> order)
      : order_(std::move(order)) {
    for (const std::int64_t number : numbers) built_.emplace_back().name.number = number;
  }
  std::optional<request::RequestSpec> next() override { return std::nullopt; }
  void use_private_blocks() override {}
  std::size_t size() const override { return built_.size(); }
  const std::vector<request::RequestSpec>& built() const override { return built_; }
  const std::vector<std::size_t>& arrival_order() const override { return order_; }

 private:
  std::vector<request::RequestSpec> built_;
  std::vector<std::size_t> order_;
};

TEST(ReplayTrace, HasTheOrderOfTheFileAndWhatNeverArrived) {
  ReportedRun run;
  run.requests()[run.add({.number = 30})].state = request::RequestState::kCompleted;
  const RequestId follow_up = run.add({.number = 1, .session = "s", .round = 1});
  run.requests()[follow_up].spec.name.session = run.symbols().find("s");
  run.requests()[run.add({.number = 10})].state = request::RequestState::kTimedOut;
  TemporaryFolder folder;
  // Request 20 would have arrived after the end of the run.
  write_replay_trace(folder.path("t"), generated(), run.result(),
                     BuiltRequests({10, 20, 30}, {2, 0, 1}));
  std::vector<std::string> statuses;
  std::vector<std::int64_t> ids;
  for (const auto& r : records_of(folder.path("t.csv"))) {
    statuses.push_back(r.status);
    ids.push_back(r.request_id);
  }
  EXPECT_THAT(statuses, ElementsAre("timeout", "incomplete", "ok"));
  EXPECT_THAT(ids, ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace blis::report
