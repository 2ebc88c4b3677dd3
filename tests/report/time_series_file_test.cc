#include "report/time_series_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "testing/temporary_folder.h"

namespace blis::report {
namespace {

cluster::TimeSeriesRow row_of(std::int64_t time_us) {
  cluster::TimeSeriesRow row;
  row.time = Micros(time_us);
  row.window = Micros(500'000);
  row.instances.resize(1);
  row.instances[0] = {1, 2, 0, 3};
  row.gateway_queue_requests = 4;
  row.waiting_requests = 5;
  row.running_requests = 6;
  row.used_kv_blocks = 1;
  row.total_kv_blocks = 4;
  row.arrived = 7;
  row.completed = 2;
  row.rejected = 1;
  row.failed = 3;
  row.prompt_tokens = 100;
  row.output_tokens = 50;
  row.ttft_us = {1000, 2000};
  row.e2e_us = {3000, 3000};
  row.itl_us = {250};
  row.gpu_us = 3'600'000'000;
  row.cost_usd = 2.5;
  return row;
}

TEST(TimeSeriesFile, WritesOneRowPerMoment) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path("series.csv");
  TimeSeriesFile file(path, {"H100"});
  file.on_row(row_of(1'500'000));
  file.commit();
  EXPECT_EQ(read_file(path),
            "time_s,instances_loading,instances_active,instances_draining,instances_terminated,"
            "instances_loading[H100],instances_active[H100],instances_draining[H100],"
            "instances_terminated[H100],gateway_queue_requests,waiting_requests,running_requests,"
            "kv_used_ratio,arrivals_per_s,completions_per_s,rejections_per_s,failures_per_s,"
            "prompt_tokens_per_s,output_tokens_per_s,ttft_p50_ms,ttft_p90_ms,ttft_p99_ms,"
            "e2e_p50_ms,e2e_p90_ms,e2e_p99_ms,itl_p50_ms,itl_p90_ms,itl_p99_ms,gpu_hours,"
            "cost_usd\n"
            "1.5,1,2,0,3,1,2,0,3,4,5,6,0.25,14,4,2,6,200,100,1.5,1.9,1.99,3,3,3,0.25,0.25,0.25,1,"
            "2.5\n");
}

TEST(TimeSeriesFile, LeavesCellsEmptyThatHaveNoValue) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path("series.csv");
  TimeSeriesFile file(path, {"H100"});
  cluster::TimeSeriesRow row = row_of(500'000);
  row.total_kv_blocks = 0;
  row.ttft_us.clear();
  row.cost_usd.reset();
  file.on_row(row);
  file.commit();
  const std::string text = read_file(path);
  EXPECT_NE(text.find("\n0.5,1,2,0,3,1,2,0,3,4,5,6,,14,4,2,6,200,100,,,,3,3,3,"), std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with(",1,\n")) << text;
}

TEST(TimeSeriesFile, LeavesNothingWithoutCommit) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path("series.csv");
  {
    TimeSeriesFile file(path, {"H100"});
    for (int i = 1; i < 2000; ++i) file.on_row(row_of(i));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("")));
}

}  // namespace
}  // namespace blis::report
