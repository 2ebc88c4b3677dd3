// What observe prints of measured requests.

#include "report/observed_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace blis::report {
namespace {

using ::testing::HasSubstr;
using trace::TraceRecord;

TraceRecord measured(std::int64_t id, std::string status, std::int64_t ttft_us,
                     std::int64_t e2e_us) {
  TraceRecord r;
  r.request_id = id;
  r.slo_class = "critical";
  r.status = std::move(status);
  r.send_time_us = 1000;
  r.first_chunk_time_us = r.send_time_us + ttft_us;
  r.last_chunk_time_us = r.send_time_us + e2e_us;
  r.output_tokens = 4;
  return r;
}

std::vector<MeasuredRequest> view(const std::vector<TraceRecord>& records) {
  std::vector<MeasuredRequest> requests;
  for (const TraceRecord& r : records) requests.push_back({&r, {}});
  return requests;
}

TEST(ObservedGoodput, FailedRequestsCountAsNotGood) {
  // The example of spec cli 15.6: of two good answers one is in time; what is incomplete is left
  // out.
  const std::vector<TraceRecord> records = {
      measured(0, "ok", 1000, 1'000'000), measured(1, "ok", 1000, 10'000'000),
      measured(2, "error", 0, 0), measured(3, "timeout", 0, 0), measured(4, "incomplete", 0, 0)};
  ObservedReportOptions options;
  options.wall_s = 10;
  options.goodput_targets["critical"].e2e_ms = 5000;
  const Goodput goodput = evaluate_observed_goodput(view(records), options);
  const ClassGoodput& c = goodput.classes.at("critical");
  EXPECT_EQ(c.injected, 4);
  EXPECT_EQ(c.good, 1);
  EXPECT_EQ(c.attainment, 0.25);
  EXPECT_EQ(c.goodput_rps, 0.1);
  EXPECT_EQ(c.attainment_by_dimension.at("e2e"), 0.5);
  EXPECT_EQ(c.e2e_p99_ms, 9910);  // 1000 + 0.99 * 9000
}

TEST(ObservedGoodput, ItlGatesOnlyWhereChunksWereTimed) {
  const std::vector<TraceRecord> records = {measured(0, "ok", 1000, 9000)};
  const std::vector<std::int64_t> times = {2000, 6000, 6000, 10'000};  // gaps 4, 0, 4 ms
  const std::vector<MeasuredRequest> requests = {{records.data(), times}};
  ObservedReportOptions options;
  options.wall_s = 1;
  options.goodput_targets["critical"].itl_ms = 3;
  EXPECT_EQ(evaluate_observed_goodput(requests, options).attainment, 1);
  options.has_chunk_times = true;
  EXPECT_EQ(evaluate_observed_goodput(requests, options).attainment, 0);
  options.goodput_targets["critical"].itl_ms = 4;
  EXPECT_EQ(evaluate_observed_goodput(requests, options).attainment, 1);
}

TEST(ObservedReport, CountsUsableRequestsOnly) {
  const std::vector<TraceRecord> records = {measured(0, "ok", 2000, 4000),
                                            measured(1, "ok", 4000, 8000),
                                            measured(2, "ok", -1000, 4000),  // no first chunk
                                            measured(3, "error", 2000, 4000)};
  ObservedReportOptions options;
  options.wall_s = 2;
  const std::string text = render_observed(view(records), options);
  EXPECT_THAT(text, HasSubstr("\"completed_requests\": 2"));
  EXPECT_THAT(text, HasSubstr("\"responses_per_sec\": 1,"));
  EXPECT_THAT(text, HasSubstr("\"tokens_per_sec\": 4,"));
  EXPECT_THAT(text, HasSubstr("\"ttft_mean_ms\": 3,"));
  EXPECT_THAT(text, HasSubstr("\"e2e_mean_ms\": 6,"));
  EXPECT_THAT(text, HasSubstr("\"itl_mean_ms\": 0,"));
  EXPECT_EQ(text.find("Session Metrics"), std::string::npos);
}

TEST(ObservedReport, TellsFirstRoundsFromLaterOnes) {
  std::vector<TraceRecord> records = {measured(0, "ok", 2000, 4000), measured(1, "ok", 1000, 9000)};
  records[0].session_id = records[1].session_id = "s";
  records[1].round_index = 1;
  const std::string text = render_observed(view(records), {});
  EXPECT_THAT(text, HasSubstr("  Sessions: 1\n"));
  EXPECT_THAT(text, HasSubstr("TTFT cold (round 0): mean=2.00"));
  EXPECT_THAT(text, HasSubstr("TTFT warm (round≥1): mean=1.00"));
  EXPECT_THAT(text, HasSubstr("Session duration:    mean=9.00"));
}

TEST(ObservedReport, SaturationSeesRequestsInTheOrderOfTheirNames) {
  const std::vector<TraceRecord> records = {measured(10, "ok", 1, 3000), measured(2, "ok", 1, 2000),
                                            measured(3, "error", 1, 2000)};
  const std::vector<ServedRequest> served = served_requests(view(records));
  ASSERT_EQ(served.size(), 2U);
  EXPECT_EQ(served[0].e2e_ms, 3);  // request_10 before request_2
}

}  // namespace
}  // namespace blis::report
