#include "report/time_series_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/number_text.h"
#include "control/lifecycle.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

constexpr double kMicrosPerSecond = 1e6;
constexpr double kMicrosPerHour = 3.6e9;
constexpr int kPercentiles[] = {50, 90, 99};
constexpr std::size_t kPortionBytes = std::size_t{1} << 16;

std::string column_of(control::InstanceState state) {
  std::string name(control::name_of(state));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return "instances_" + name;
}

}  // namespace

TimeSeriesFile::TimeSeriesFile(const std::string& path, const std::vector<std::string>& gpu_types)
    : file_(path) {
  csv_.field("time_s");
  for (const control::InstanceState state : control::kInstanceStates) {
    csv_.field(column_of(state));
  }
  for (const std::string& type : gpu_types) {
    for (const control::InstanceState state : control::kInstanceStates) {
      csv_.field(fmt::format("{}[{}]", column_of(state), type));
    }
  }
  for (const char* name :
       {"gateway_queue_requests", "waiting_requests", "running_requests", "kv_used_ratio",
        "arrivals_per_s", "completions_per_s", "rejections_per_s", "failures_per_s",
        "prompt_tokens_per_s", "output_tokens_per_s"}) {
    csv_.field(name);
  }
  for (const char* latency : {"ttft", "e2e", "itl"}) {
    for (const int percent : kPercentiles) csv_.field(fmt::format("{}_p{}_ms", latency, percent));
  }
  csv_.field("gpu_hours");
  csv_.field("cost_usd");
  csv_.end_row();
}

void TimeSeriesFile::on_row(const cluster::TimeSeriesRow& row) {
  write_number(static_cast<double>(row.time.count()) / kMicrosPerSecond);
  for (std::size_t state = 0; state < control::kInstanceStates.size(); ++state) {
    std::int64_t of_all_types = 0;
    for (const auto& counts : row.instances) of_all_types += counts[state];
    csv_.field(of_all_types);
  }
  for (const auto& counts : row.instances) {
    for (const std::int64_t count : counts) csv_.field(count);
  }
  csv_.field(row.gateway_queue_requests);
  csv_.field(row.waiting_requests);
  csv_.field(row.running_requests);
  if (row.total_kv_blocks > 0) {
    write_number(static_cast<double>(row.used_kv_blocks) /
                 static_cast<double>(row.total_kv_blocks));
  } else {
    csv_.field();
  }
  const double window_s = static_cast<double>(row.window.count()) / kMicrosPerSecond;
  for (const std::int64_t count : {row.arrived, row.completed, row.rejected, row.failed,
                                   row.prompt_tokens, row.output_tokens}) {
    write_number(static_cast<double>(count) / window_s);
  }
  write_percentiles(row.ttft_us);
  write_percentiles(row.e2e_us);
  write_percentiles(row.itl_us);
  write_number(static_cast<double>(row.gpu_us) / kMicrosPerHour);
  if (row.cost_usd) {
    write_number(*row.cost_usd);
  } else {
    csv_.field();
  }
  csv_.end_row();
  flush_if_full();
}

void TimeSeriesFile::write_percentiles(const std::vector<double>& sorted_us) {
  for (const int percent : kPercentiles) {
    if (sorted_us.empty()) {
      csv_.field();
    } else {
      write_number(stats::percentile_ms(sorted_us, percent));
    }
  }
}

void TimeSeriesFile::write_number(double value) {
  number_.clear();
  append_json_number(number_, value);
  csv_.field(number_);
}

void TimeSeriesFile::flush_if_full() {
  if (csv_.text().size() < kPortionBytes) return;
  file_.append(csv_.text());
  csv_.clear();
}

void TimeSeriesFile::commit() {
  file_.append(csv_.text());
  csv_.clear();
  file_.commit();
}

}  // namespace blis::report
