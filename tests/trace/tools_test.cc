#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "testing/temporary_folder.h"
#include "trace/tools/arrival_reader.h"
#include "trace/tools/id_set.h"
#include "trace/tools/rewrite.h"
#include "trace/tools/trace_info.h"
#include "trace/trace_output.h"
#include "trace/trace_reader.h"

namespace blis::trace {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;
using Records = std::vector<TraceRecord>;

// A folder with one trace to start from.
class Traces {
 public:
  explicit Traces(const Records& records, std::string_view mode = kModeReal) {
    add("in", records, mode);
  }
  void add(const std::string& name, const Records& records, std::string_view mode = kModeReal) {
    TraceColumns columns;
    for (const TraceRecord& record : records) columns.require_for(record, mode);
    TraceOutput out(folder_.path(name), columns);
    for (const TraceRecord& record : records) out.write(record);
    TraceHeader header;
    header.trace_version = kTraceVersion;
    header.mode = mode;
    header.workload_spec = "secret.yaml";
    out.commit(header);
  }
  std::string path(const std::string& name) const { return folder_.path(name); }
  RewriteFiles files() const { return {path("in.yaml"), path("in.csv"), path("out")}; }
  Records read(const std::string& file = "out.csv") const {
    TraceReader reader(path(file), TraceReader::Fields::kAsWritten);
    Records records;
    TraceRecord record;
    while (reader.next(record)) records.push_back(record);
    return records;
  }
  std::string header(const std::string& file = "out.yaml") const { return read_file(path(file)); }

 private:
  TemporaryFolder folder_;
};

TraceRecord row(std::int64_t id, std::int64_t arrival_us, std::string session = "") {
  constexpr std::int64_t kEpoch = 1'700'000'000'000'000;
  TraceRecord r;
  r.request_id = id;
  r.session_id = std::move(session);
  r.arrival_time_us = arrival_us;
  r.deadline_us = arrival_us + 1000;
  r.send_time_us = kEpoch + arrival_us;
  r.first_chunk_time_us = r.send_time_us + 50;
  r.last_chunk_time_us = r.send_time_us + 90;
  r.input_tokens = 10 + id;
  r.output_tokens = 3;
  r.status = "ok";
  return r;
}

std::vector<std::int64_t> arrivals(const Records& records) {
  std::vector<std::int64_t> times;
  for (const TraceRecord& r : records) times.push_back(r.arrival_time_us);
  return times;
}

std::vector<std::int64_t> ids(const Records& records) {
  std::vector<std::int64_t> numbers;
  for (const TraceRecord& r : records) numbers.push_back(r.request_id);
  return numbers;
}

// Sorted by arrival, with sessions, groups and a target of its own here and there.
Records random_records() {
  Records records;
  std::int64_t now = 0;
  const int count = *rc::gen::inRange(1, 30);
  for (int i = 0; i < count; ++i) {
    now += *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    TraceRecord r = row(i, now, *rc::gen::element<std::string>("", "a", "b", "c"));
    r.round_index = i;
    r.tenant_id = *rc::gen::element<std::string>("", "red", "blue");
    r.prefix_group = *rc::gen::element<std::string>("", "g", "h");
    r.prefix_length = r.prefix_group.empty() ? 0 : 32;
    r.model = "m";
    r.slo_target_us = *rc::gen::element<std::int64_t>(0, 100);
    records.push_back(r);
  }
  return records;
}

// ---- slice

RC_GTEST_PROP(TraceSlice, PartsMakeTheWhole, ()) {
  const Records records = random_records();
  const Traces traces(records);
  const auto rows = static_cast<std::int64_t>(records.size());
  const std::int64_t cut = *rc::gen::inRange<std::int64_t>(0, rows);
  Records both;
  for (const SliceOptions& part : {SliceOptions{.rows = cut}, SliceOptions{.skip_rows = cut}}) {
    if (part.skip_rows == 0 && part.rows == 0 && !both.empty()) continue;
    slice_trace(traces.files(), part);
    const Records read = traces.read();
    both.insert(both.end(), read.begin(), read.end());
    if (cut == 0) break;
  }
  // Sessions, groups and models survive although the file has targets (which replay misreads).
  RC_ASSERT(both == records);
}

TEST(TraceSlice, CutsByTimeSinceTheFirstArrivalAndBeginsAtZero) {
  const Traces traces({row(1, 5'000'000), row(0, 4'000'000), row(2, 6'000'000), row(3, 7'500'000)});
  slice_trace(traces.files(), {.from_s = 1, .to_s = 3, .rebase = true});
  const Records kept = traces.read();
  EXPECT_EQ(ids(kept), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(arrivals(kept), (std::vector<std::int64_t>{0, 1'000'000}));
  EXPECT_EQ(kept[0].deadline_us, 1000);
  EXPECT_EQ(kept[0].send_time_us, 0);
  EXPECT_EQ(kept[1].send_time_us, 1'000'000);
  EXPECT_EQ(kept[1].last_chunk_time_us, 1'000'090);
}

TEST(TraceSlice, SaysWhatItCannotDo) {
  const Traces traces({row(0, 0)});
  const auto slice = [&](const SliceOptions& options) {
    return [&traces, options] { slice_trace(traces.files(), options); };
  };
  EXPECT_THAT(slice({.from_s = 5, .to_s = 2}),
              ThrowsMessage<ConfigError>(HasSubstr("--to-seconds")));
  EXPECT_THAT(slice({.from_s = -1}), ThrowsMessage<ConfigError>(HasSubstr("--from-seconds")));
  EXPECT_THAT(slice({.skip_rows = -1}), ThrowsMessage<ConfigError>(HasSubstr("--skip-rows")));
  EXPECT_THAT(slice({.tenant = "nobody"}), ThrowsMessage<DataError>(HasSubstr("no row is left")));
  EXPECT_THROW(traces.read(), DataError);  // nothing half-written
}

// ---- scale

RC_GTEST_PROP(TraceScale, CompressingDividesTimesAndKeepsLatencies, ()) {
  const Records records = random_records();
  const Traces traces(records);
  scale_trace(traces.files(), {.rate_factor = 4});
  const Records scaled = traces.read();
  RC_ASSERT(scaled.size() == records.size());
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    const double since =
        static_cast<double>(records[i].arrival_time_us - records[0].arrival_time_us) / 4;
    RC_ASSERT(std::abs(static_cast<double>(scaled[i].arrival_time_us) -
                       static_cast<double>(records[0].arrival_time_us) - since) <= 1);
    RC_ASSERT(scaled[i].last_chunk_time_us - scaled[i].send_time_us == 90);
    RC_ASSERT(scaled[i].deadline_us - scaled[i].arrival_time_us == 1000);
  }
  scale_trace(traces.files(), {.rate_factor = 1});
  RC_ASSERT(traces.read() == records);
}

RC_GTEST_PROP(TraceScale, ThinningKeepsSessionsWholeAndIsMonotonous, ()) {
  const Records records = random_records();
  const Traces traces(records);
  const auto kept_ids = [&](double factor) {
    try {
      scale_trace(traces.files(), {.rate_factor = factor, .method = "thin", .seed = 7});
    } catch (const DataError&) {
      return std::set<std::int64_t>();  // no row is left
    }
    const std::vector<std::int64_t> kept = ids(traces.read());
    return std::set<std::int64_t>(kept.begin(), kept.end());
  };
  const std::set<std::int64_t> few = kept_ids(0.3);
  const std::set<std::int64_t> many = kept_ids(0.7);
  RC_ASSERT(std::ranges::includes(many, few));
  RC_ASSERT(kept_ids(1).size() == records.size());
  for (const TraceRecord& a : records) {
    for (const TraceRecord& b : records) {
      if (a.session_id.empty() || a.session_id != b.session_id) continue;
      RC_ASSERT(few.contains(a.request_id) == few.contains(b.request_id));
    }
  }
}

RC_GTEST_PROP(TraceScale, SuperposingAddsDelayedCopies, ()) {
  const Records records = random_records();
  const Traces traces(records);
  scale_trace(traces.files(), {.rate_factor = 3, .method = "superpose", .copy_delay_s = 0.5});
  const Records scaled = traces.read();
  RC_ASSERT(scaled.size() == 3 * records.size());
  std::vector<std::int64_t> expected;
  for (const std::int64_t delay : {0, 500'000, 1'000'000}) {
    for (const TraceRecord& r : records) expected.push_back(r.arrival_time_us + delay);
  }
  std::ranges::sort(expected);
  RC_ASSERT(arrivals(scaled) == expected);
  std::map<std::string, std::size_t> sessions;
  for (const TraceRecord& r : scaled) {
    RC_ASSERT(r.first_chunk_time_us - r.send_time_us == 50);
    ++sessions[r.session_id];
  }
  const auto rows_of = [&](const std::string& id) {
    return static_cast<std::size_t>(
        std::ranges::count(records, id, [](const TraceRecord& r) { return r.session_id; }));
  };
  if (rows_of("a") > 0) RC_ASSERT(sessions["a~2"] == rows_of("a"));
}

TEST(TraceScale, RefusesFactorsThatAMethodCannotDo) {
  const Traces traces({row(0, 0)});
  const auto scale = [&](const ScaleOptions& options) {
    return [&traces, options] { scale_trace(traces.files(), options); };
  };
  EXPECT_THAT(scale({.rate_factor = 0}), ThrowsMessage<ConfigError>(HasSubstr("above 0")));
  EXPECT_THAT(scale({.rate_factor = 2, .method = "thin"}),
              ThrowsMessage<ConfigError>(HasSubstr("at most 1")));
  EXPECT_THAT(scale({.rate_factor = 0.5, .method = "superpose"}),
              ThrowsMessage<ConfigError>(HasSubstr("superpose takes 1")));
  EXPECT_THAT(scale({.method = "thinn"}), ThrowsMessage<ConfigError>(HasSubstr("\"thin\"")));
}

// ---- merge, anonymize

RC_GTEST_PROP(TraceMerge, MergesByArrivalAndKeepsNamesApart, ()) {
  const Records a = random_records();
  const Records b = random_records();
  Traces traces(a);
  traces.add("b", b);
  merge_traces({traces.path("in.csv"), traces.path("b.csv")}, "", traces.path("out"));
  const Records merged = traces.read();
  RC_ASSERT(merged.size() == a.size() + b.size());
  RC_ASSERT(std::ranges::is_sorted(arrivals(merged)));
  std::int64_t next_id = 0;
  for (const TraceRecord& r : merged) RC_ASSERT(r.request_id == next_id++);
  const auto second_groups = std::ranges::count_if(
      merged, [](const TraceRecord& r) { return r.prefix_group.ends_with("@1"); });
  RC_ASSERT(second_groups ==
            std::ranges::count_if(b, [](const TraceRecord& r) { return !r.prefix_group.empty(); }));
}

TEST(TraceAnonymize, EqualNamesStayEqualAndNothingElseStays) {
  TraceRecord first = row(0, 100, "alice-session");
  first.tenant_id = "acme";
  first.x_request_id = "0c2f";
  first.error_message = "prompt: hello";
  first.model = "llama";
  first.slo_class = "batch";
  TraceRecord second = row(1, 200, "bob-session");
  second.tenant_id = "umbrella";
  TraceRecord third = row(2, 300, "alice-session");
  third.tenant_id = "acme";
  const Traces traces({first, second, third});
  anonymize_trace(traces.files(), {});
  const Records kept = traces.read();
  EXPECT_EQ(kept[0].tenant_id, "tenant-0");
  EXPECT_EQ(kept[1].tenant_id, "tenant-1");
  EXPECT_EQ(kept[2].session_id, kept[0].session_id);
  EXPECT_EQ(kept[0].model, "llama");
  EXPECT_EQ(kept[0].slo_class, "batch");
  EXPECT_EQ(arrivals(kept), (std::vector<std::int64_t>{0, 100, 200}));
  const std::string text = read_file(traces.path("out.csv")) + traces.header();
  for (const char* secret : {"alice", "acme", "umbrella", "0c2f", "hello", "secret", "17000000"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
  anonymize_trace(traces.files(), {.models = true});
  EXPECT_EQ(traces.read()[0].model, "model-0");
}

// ---- reading in order

RC_GTEST_PROP(ArrivalReader, SortsByArrivalThenFile, ()) {
  Records shuffled = random_records();
  for (std::size_t i = shuffled.size(); i > 1; --i) {
    std::swap(shuffled[i - 1], shuffled[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  const Traces traces(shuffled);
  ArrivalReader reader(traces.path("in.csv"));
  Records read;
  TraceRecord record;
  while (reader.next(record)) read.push_back(record);
  Records expected = shuffled;
  std::ranges::stable_sort(expected, {}, &TraceRecord::arrival_time_us);
  RC_ASSERT(read == expected);
}

TEST(ArrivalReader, RefusesARowThatIsFarOutOfPlaceWithItsLine) {
  std::string csv = "header\n";
  for (std::size_t i = 0; i < kReorderRows + 10; ++i) {
    csv += "0,,,,,0,,0,f,1,1,0,0,0,0,0,,0,0," + std::to_string(i + 100) + ",0,0,0,0,ok,,\n";
  }
  csv += "0,,,,,0,,0,f,1,1,0,0,0,0,0,,0,0,3,0,0,0,0,ok,,\n";
  ArrivalReader reader(csv, "t.csv");
  TraceRecord record;
  EXPECT_THAT(
      [&] {
        while (reader.next(record)) {
        }
      },
      ThrowsMessage<DataError>(HasSubstr("t.csv:" + std::to_string(kReorderRows + 12) +
                                         ": arrival_time_us: 3 lies before")));
}

RC_GTEST_PROP(IdSet, IsASet, (const std::vector<std::int8_t>& numbers)) {
  IdSet ids_seen;
  std::set<std::int64_t> expected;
  for (const std::int8_t n : numbers) {
    RC_ASSERT(ids_seen.insert(n) == expected.insert(n).second);
  }
  std::size_t intervals = 0;
  for (const std::int64_t n : expected) intervals += expected.contains(n - 1) ? 0 : 1;
  RC_ASSERT(ids_seen.intervals() == intervals);
}

// ---- info

TEST(TraceInfo, CountsWhatIsThere) {
  Records records = {row(0, 0, "s"), row(1, 1'000'000, "s"), row(2, 2'000'000)};
  for (TraceRecord& r : records) {
    r.prefix_group = "g";
    r.prefix_length = 30;
    r.input_tokens = 10;
  }
  const Traces traces(records);
  const TraceInfo info = read_trace_info(traces.path("in.csv"), 1);
  EXPECT_EQ(info.rows, 3);
  EXPECT_EQ(info.duration_s(), 2);
  EXPECT_EQ(info.rate_per_s(), 1);
  EXPECT_EQ(info.gaps.cv(), 0);
  EXPECT_EQ(info.groups, 1);
  EXPECT_EQ(info.reused_share(), 0.5);  // 60 of 120 tokens
  EXPECT_EQ(info.sessions, 1);
  EXPECT_EQ(info.session_sizes.max(), 2);
  EXPECT_EQ(info.arrivals.counts(), (std::vector<std::int64_t>{1, 1, 1}));
  EXPECT_EQ(info.input_tokens.percentile(50), 40);
}

TEST(TraceInfo, PointsAtRowsThatAreOdd) {
  TraceRecord early = row(1, 50);  // an id again, and a clock that jumps back
  early.last_chunk_time_us = 1;
  const Traces traces({row(0, 100), row(1, 200), early});
  const TraceInfo info = read_trace_info(traces.path("in.csv"), 60);
  EXPECT_EQ(info.duplicate_ids.count, 1);
  EXPECT_EQ(info.duplicate_ids.first_line, 4);
  EXPECT_EQ(info.arrivals_going_back.first_line, 4);
  EXPECT_EQ(info.times_out_of_order.first_line, 4);
  EXPECT_THAT(trace_info_table(info), HasSubstr("1 rows repeat a request_id, first in line 4"));
}

TEST(TraceInfo, SurvivesAClockThatJumpsByCenturies) {
  const Traces traces({row(0, 0), row(1, 9'000'000'000'000'000), row(2, 5)});
  const TraceInfo info = read_trace_info(traces.path("in.csv"), 0.001);
  EXPECT_LE(info.arrivals.counts().size(), 100'001u);
  EXPECT_GT(info.arrivals.window_us(), 1000);
  EXPECT_THROW(read_trace_info(traces.path("in.csv"), 0), ConfigError);
}

TEST(ArrivalGaps, HaveTheSpreadOfTheTextbook) {
  ArrivalGaps gaps;  // gaps 1 and 3: mean 2, standard deviation 1
  for (const std::int64_t t : {4, 0, 1}) gaps.add(t);
  gaps.finish();
  EXPECT_EQ(gaps.mean_us(), 2);
  EXPECT_EQ(gaps.cv(), 0.5);
}

}  // namespace
}  // namespace blis::trace
