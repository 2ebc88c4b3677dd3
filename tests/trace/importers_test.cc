#include "trace/importers/importers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "base/error.h"
#include "testing/source_dir.h"
#include "testing/temporary_folder.h"
#include "trace/importers/prefix_grouping.h"

namespace blis::trace {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using Records = std::vector<TraceRecord>;

Records import_file(std::string_view importer, const std::string& file,
                    Diagnostics* diagnostics = nullptr) {
  Records records;
  Diagnostics own;
  find_importer(importer)->import(
      file, [&](const TraceRecord& record) { records.push_back(record); },
      diagnostics == nullptr ? own : *diagnostics);
  return records;
}

Records import_example(const std::string& name, const std::string& ending,
                       Diagnostics* diagnostics = nullptr) {
  return import_file(name, testing::source_path("examples/traces/" + name + ending), diagnostics);
}

// What an importer says about a file of this text.
std::string error_of(std::string_view importer, const std::string& text) {
  const TemporaryFolder folder;
  try {
    import_file(importer, folder.write("t.in", text));
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::int64_t> arrivals(const Records& records) {
  std::vector<std::int64_t> times;
  for (const TraceRecord& r : records) times.push_back(r.arrival_time_us);
  return times;
}

TEST(Azure, CountsTimeFromTheFirstRowToTheMicrosecond) {
  const Records records = import_example("azure", ".csv");
  EXPECT_EQ(arrivals(records),
            (std::vector<std::int64_t>{0, 52'000, 798'282, 1'533'163, 2'120'040}));
  EXPECT_EQ(records[2].input_tokens, 879);
  EXPECT_EQ(records[2].output_tokens, 55);
}

TEST(Azure, ReadsTheTimesOfBothYears) {
  const TemporaryFolder folder;
  // 2024 has a zone and fractions of any length; midnight and a leap day lie in between.
  const Records records =
      import_file("azure", folder.write("t.csv.gz",
                                        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                                        "2024-02-28 23:59:59.5+00:00,1,2\n"
                                        "2024-02-29T00:00:00Z,3,4\n"
                                        "2024-03-01 02:00:00.000001+02:00,5,6\n"));
  EXPECT_EQ(arrivals(records), (std::vector<std::int64_t>{0, 500'000, 86'400'500'001}));
}

TEST(Azure, SaysWhichRowAndColumnIsWrong) {
  const std::string head = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1\n";
  EXPECT_THAT(error_of("azure", "a,b\n"), HasSubstr("t.in:1: TIMESTAMP: there is no such column"));
  EXPECT_THAT(error_of("azure", head + "12.5,1,1\n"), HasSubstr("t.in:3: TIMESTAMP: \"12.5\""));
  EXPECT_THAT(error_of("azure", head + "2023-02-30 00:00:00,1,1\n"),
              HasSubstr("t.in:3: TIMESTAMP"));
  EXPECT_THAT(error_of("azure", head + "2023-11-16 18:17:02,1,1\n"), HasSubstr("before the first"));
  EXPECT_THAT(error_of("azure", head + "2023-11-16 18:17:04,-1,1\n"),
              HasSubstr("t.in:3: ContextTokens: \"-1\""));
  EXPECT_THAT(error_of("azure", head + "2023-11-16 18:17:04,1\n"), HasSubstr("only 2 fields"));
}

TEST(BurstGpt, KeepsSessionsAndLeavesOutFailures) {
  Diagnostics diagnostics;
  const Records records = import_example("burstgpt", ".csv", &diagnostics);
  EXPECT_EQ(arrivals(records), (std::vector<std::int64_t>{0, 40'000'000, 113'000'000}));
  EXPECT_EQ(records[0].session_id, "12");
  EXPECT_EQ(records[2].session_id, "12");
  EXPECT_EQ(records[2].round_index, 1);  // closed-loop replay wants rounds without gaps
  EXPECT_EQ(records[2].client_id, "GPT-4");
  ASSERT_EQ(diagnostics.entries().size(), 1u);
  EXPECT_EQ(diagnostics.entries()[0].count, 1);
}

TEST(BurstGpt, ReadsFilesWithoutSessionsAndRefusesNan) {
  const std::string head = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n";
  EXPECT_EQ(error_of("burstgpt", head + "5,ChatGPT,1,2,3,API log\n"), "");
  EXPECT_THAT(error_of("burstgpt", head + "nan,ChatGPT,1,2,3,API log\n"),
              HasSubstr("t.in:2: Timestamp: \"nan\""));
  EXPECT_THAT(error_of("burstgpt", head + "5,ChatGPT,1.5,2,3,API log\n"),
              HasSubstr("t.in:2: Request tokens: \"1.5\""));
}

TEST(Mooncake, BlockHashesBecomePrefixGroups) {
  const Records records = import_example("mooncake", ".jsonl");
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(arrivals(records),
            (std::vector<std::int64_t>{0, 1'500'000, 3'000'000, 3'000'000, 4'500'000}));
  // Rows 0, 1, 2 share blocks 1 2, rows 0 and 2 also 3. Together two blocks save 2 * 2 = 4; the
  // pair alone would save 3. Row 1's third hash stands for 76 tokens and is no full block.
  for (const std::size_t i : {0u, 1u, 2u}) {
    EXPECT_EQ(records[i].prefix_group, "g0");
    EXPECT_EQ(records[i].prefix_length, 1024);
  }
  EXPECT_EQ(records[0].input_tokens, 576);
  EXPECT_EQ(records[3].prefix_group, "");
  EXPECT_EQ(records[4].input_tokens, 700);
}

TEST(Mooncake, SaysWhichLineAndKeyIsWrong) {
  const std::string good = R"({"timestamp": 10, "input_length": 1, "output_length": 1})"
                           "\n";
  EXPECT_EQ(error_of("mooncake", good), "");
  EXPECT_THAT(error_of("mooncake", good + "{\"timestamp\": 5"),
              HasSubstr("t.in:2: not valid JSON"));
  EXPECT_THAT(error_of("mooncake", good + "[]"), HasSubstr("t.in:2: is not a JSON object"));
  EXPECT_THAT(error_of("mooncake", good + R"({"input_length": 1, "output_length": 1})"),
              HasSubstr("t.in:2: timestamp: is missing"));
  EXPECT_THAT(error_of("mooncake", R"({"timestamp": 1, "input_length": -1, "output_length": 1})"),
              HasSubstr("t.in:1: input_length: -1 is not"));
  EXPECT_THAT(
      error_of("mooncake", good + R"({"timestamp": 3, "input_length": 1, "output_length": 1})"),
      HasSubstr("before the first request"));
  EXPECT_THAT(
      error_of("mooncake",
               R"({"timestamp": 1, "input_length": 600, "output_length": 1, "hash_ids": ["x"]})"),
      HasSubstr("hash_ids[0]: is not an integer"));
}

TEST(VllmBench, LatenciesBecomeChunkTimes) {
  Diagnostics diagnostics;
  const Records records = import_example("vllm-bench", ".json", &diagnostics);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(arrivals(records), (std::vector<std::int64_t>{0, 500'000, 1'000'000}));  // 2 per second
  EXPECT_EQ(records[0].first_chunk_time_us, 50'000);
  EXPECT_EQ(records[0].last_chunk_time_us, 100'000);
  EXPECT_EQ(records[0].num_chunks, 3);
  EXPECT_EQ(records[2].status, "error");
  EXPECT_EQ(records[2].first_chunk_time_us, 0);
  EXPECT_EQ(diagnostics.entries().size(), 1u);  // no start_times
}

TEST(VllmBench, RefusesListsThatDoNotBelongTogether) {
  EXPECT_THAT(error_of("vllm-bench", R"({"input_lens": [1, 2], "output_lens": [1]})"),
              HasSubstr("output_lens: has 1 entries, input_lens has 2"));
  EXPECT_THAT(error_of("vllm-bench", R"({"input_lens": [1]})"),
              HasSubstr("output_lens: is missing"));
  EXPECT_THAT(error_of("vllm-bench", "{}"), HasSubstr("input_lens: is missing"));
  EXPECT_THAT(error_of("vllm-bench", R"({"input_lens": [1], "output_lens": [1], "ttfts": ["a"]})"),
              HasSubstr("ttfts[0]: is not a number"));
}

TEST(GuideLlm, TakesTimesWhereverTheVersionPutsThem) {
  const Records records = import_example("guidellm", ".json");
  ASSERT_EQ(records.size(), 3u);  // by start
  EXPECT_EQ(arrivals(records), (std::vector<std::int64_t>{0, 250'000, 1'750'000}));
  EXPECT_EQ(records[0].first_chunk_time_us, 50'000);
  EXPECT_EQ(records[0].last_chunk_time_us, 500'000);
  EXPECT_EQ(records[1].first_chunk_time_us, 310'000);
  EXPECT_EQ(records[1].last_chunk_time_us, 1'250'000);
  EXPECT_EQ(records[2].status, "incomplete");
}

TEST(GuideLlm, SaysWhichRequestIsWrong) {
  const auto with = [](const std::string& request) {
    return R"({"benchmarks": [{"requests": {"successful": [)" + request + "]}}]}";
  };
  EXPECT_THAT(error_of("guidellm", with(R"({"prompt_tokens": 1})")),
              HasSubstr("benchmarks[0].requests.successful[0].request_start_time: is missing"));
  EXPECT_THAT(error_of("guidellm", R"({"benchmarks": [{}]})"),
              HasSubstr("saved without its requests"));
}

TEST(InferencePerfResults, ReadsTokensTimesAndErrors) {
  const Records records = import_example("inference-perf-results", ".json");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].status, "error");
  EXPECT_EQ(records[0].error_message, "TimeoutError: too slow");
  EXPECT_EQ(records[1].arrival_time_us, 500'000);
  EXPECT_EQ(records[1].first_chunk_time_us, 750'000);
  EXPECT_EQ(records[1].last_chunk_time_us, 1'250'000);
  EXPECT_EQ(records[1].num_chunks, 3);
  EXPECT_THAT(error_of("inference-perf-results", R"([{"start_time": 2, "end_time": 1}])"),
              HasSubstr("[0].end_time: lies before start_time"));
  EXPECT_THAT(error_of("inference-perf-results", R"([{"start_time": "2", "end_time": 1}])"),
              HasSubstr("[0].start_time: is not a number"));
}

TEST(Importers, LeaveNothingBehindWhenAFileIsWrong) {
  const TemporaryFolder folder;
  const std::string file = folder.write("t.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n");
  Diagnostics diagnostics;
  EXPECT_THROW(import_trace(*find_importer("azure"), file, folder.path("out"), diagnostics),
               DataError);
  EXPECT_FALSE(folder.has("out.csv"));
  EXPECT_FALSE(folder.has("out.yaml"));
}

// ---- prefix groups

// What groups save, counted row by row.
std::int64_t saved(const PrefixGrouping& grouping) {
  std::map<std::int64_t, std::int64_t> rows;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < grouping.group.size(); ++i) {
    if (grouping.group[i] == PrefixGrouping::kNone) continue;
    if (rows[grouping.group[i]]++ > 0) sum += grouping.shared_blocks[i];
  }
  return sum;
}

// The most that can be saved, by trying every prefix length for every row: two rows are in one
// group if they take the same blocks.
std::int64_t best_of_all(const std::vector<std::vector<std::int64_t>>& chains, std::size_t row,
                         std::map<std::vector<std::int64_t>, std::int64_t>& rows) {
  if (row == chains.size()) {
    std::int64_t sum = 0;
    for (const auto& [prefix, count] : rows) {
      if (count > 0) sum += (count - 1) * static_cast<std::int64_t>(prefix.size());
    }
    return sum;
  }
  std::int64_t best = 0;
  for (std::size_t length = 0; length <= chains[row].size(); ++length) {
    const std::vector<std::int64_t> prefix(
        chains[row].begin(), chains[row].begin() + static_cast<std::ptrdiff_t>(length));
    ++rows[prefix];
    best = std::max(best, best_of_all(chains, row + 1, rows));
    --rows[prefix];
  }
  return best;
}

RC_GTEST_PROP(PrefixGrouping, SavesAsMuchAsAnyGroupingCan, ()) {
  std::vector<std::vector<std::int64_t>> chains;
  const int rows = *rc::gen::inRange(0, 6);
  for (int i = 0; i < rows; ++i) {
    chains.push_back(*rc::gen::resize(
        4, rc::gen::container<std::vector<std::int64_t>>(rc::gen::element<std::int64_t>(1, 2))));
  }
  const PrefixGrouping grouping = group_by_prefix(chains);
  std::map<std::vector<std::int64_t>, std::int64_t> scratch;
  RC_ASSERT(grouping.kept_blocks == best_of_all(chains, 0, scratch));
  RC_ASSERT(grouping.kept_blocks == saved(grouping));
  RC_ASSERT(grouping.kept_blocks <= grouping.reusable_blocks);
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (grouping.group[i] == PrefixGrouping::kNone || grouping.group[i] != grouping.group[j]) {
        continue;
      }
      const auto blocks = static_cast<std::ptrdiff_t>(grouping.shared_blocks[i]);
      RC_ASSERT(blocks <= static_cast<std::ptrdiff_t>(chains[j].size()));
      RC_ASSERT(std::equal(chains[i].begin(), chains[i].begin() + blocks, chains[j].begin()));
    }
  }
}

}  // namespace
}  // namespace blis::trace
