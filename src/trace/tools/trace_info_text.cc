#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/json_writer.h"
#include "trace/tools/trace_info.h"

namespace blis::trace {
namespace {

using Out = std::back_insert_iterator<std::string>;
using CountsByName = std::map<std::string, std::int64_t>;

constexpr std::size_t kShownNames = 10;
constexpr std::size_t kShownWindows = 24;

void add_distribution(Out out, std::string_view name, const ValueCounts& values) {
  fmt::format_to(out, "  {:<24}{:>12.1f}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", name,
                 values.mean(), values.min(), values.percentile(50), values.percentile(90),
                 values.percentile(95), values.percentile(99), values.max());
}

void add_names(Out out, std::string_view title, const CountsByName& by_name) {
  if (by_name.size() == 1 && by_name.begin()->first.empty()) return;  // the column is not used
  std::vector<std::pair<std::string, std::int64_t>> names(by_name.begin(), by_name.end());
  std::ranges::stable_sort(names, std::greater(), [](const auto& entry) { return entry.second; });
  fmt::format_to(out, "\n{}\n", title);
  for (std::size_t i = 0; i < std::min(names.size(), kShownNames); ++i) {
    fmt::format_to(out, "  {:<24}{:>12}\n", names[i].first.empty() ? "(none)" : names[i].first,
                   names[i].second);
  }
  if (names.size() > kShownNames) {
    fmt::format_to(out, "  and {} more\n", names.size() - kShownNames);
  }
}

void add_rates(Out out, const TraceInfo& info) {
  const std::vector<std::int64_t> counts = info.arrivals.counts();
  const std::size_t stride = (counts.size() + kShownWindows - 1) / kShownWindows;
  const double window_s =
      static_cast<double>(info.arrivals.window_us()) / 1e6 * static_cast<double>(stride);
  fmt::format_to(out, "\narrivals per second, by stretches of {} s\n", window_s);
  for (std::size_t first = 0; first < counts.size(); first += stride) {
    std::int64_t sum = 0;
    for (std::size_t i = first; i < std::min(first + stride, counts.size()); ++i) sum += counts[i];
    fmt::format_to(
        out, "  from {:>12} s {:>12.3f}\n",
        (static_cast<double>(info.arrivals.first_window()) + static_cast<double>(first)) *
            static_cast<double>(info.arrivals.window_us()) / 1e6,
        static_cast<double>(sum) / window_s);
  }
}

void add_oddity(Out out, std::string_view what, const TraceInfo::Oddity& oddity) {
  if (oddity.count == 0) return;
  fmt::format_to(out, "  {} {}, first in line {}\n", oddity.count, what, oddity.first_line);
}

void write_distribution(JsonWriter& json, std::string_view name, const ValueCounts& values) {
  json.key(name);
  json.begin_object();
  json.member("count", values.total());
  json.member("mean", values.mean());
  json.member("min", values.min());
  json.member("p50", values.percentile(50));
  json.member("p90", values.percentile(90));
  json.member("p95", values.percentile(95));
  json.member("p99", values.percentile(99));
  json.member("max", values.max());
  json.end_object();
}

void write_names(JsonWriter& json, std::string_view key, const CountsByName& by_name) {
  json.key(key);
  json.begin_object();
  for (const auto& [name, count] : by_name) json.member(name, count);
  json.end_object();
}

void write_oddity(JsonWriter& json, std::string_view key, const TraceInfo::Oddity& oddity) {
  json.key(key);
  json.begin_object();
  json.member("count", oddity.count);
  json.member("first_line", oddity.first_line);
  json.end_object();
}

}  // namespace

std::string trace_info_table(const TraceInfo& info) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out, "{}: {} requests in {:.3f} s\n", info.file, info.rows, info.duration_s());
  fmt::format_to(out, "  arrivals per second     {:>12.3f}\n", info.rate_per_s());
  fmt::format_to(out, "  CV of the gaps          {:>12.3f}\n", info.gaps.cv());
  fmt::format_to(out, "\n  {:<24}{:>12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", "mean", "min",
                 "p50", "p90", "p95", "p99", "max");
  add_distribution(out, "input tokens", info.input_tokens);
  add_distribution(out, "output tokens", info.output_tokens);
  if (info.groups > 0) {
    add_distribution(out, "rows per prefix group", info.group_sizes);
    add_distribution(out, "shared prefix tokens", info.prefix_lengths);
  }
  if (info.sessions > 0) add_distribution(out, "rows per session", info.session_sizes);

  fmt::format_to(out, "\nprefix groups {}, with {} rows; {:.1f} % of the input repeats a prefix\n",
                 info.groups, info.rows_in_groups, info.reused_share() * 100);
  fmt::format_to(out, "sessions {}, with {} rows\n", info.sessions, info.rows_in_sessions);
  add_names(out, "status", info.by_status);
  add_names(out, "class", info.by_class);
  add_names(out, "model", info.by_model);
  add_names(out, "tenant", info.by_tenant);
  add_rates(out, info);
  if (info.duplicate_ids.count + info.arrivals_going_back.count + info.times_out_of_order.count >
      0) {
    fmt::format_to(out, "\nto be looked at\n");
    add_oddity(out, "rows repeat a request_id", info.duplicate_ids);
    add_oddity(out, "rows arrive before the row above them", info.arrivals_going_back);
    add_oddity(out, "rows end before they begin (send, first and last chunk)",
               info.times_out_of_order);
  }
  return text;
}

std::string trace_info_json(const TraceInfo& info) {
  JsonWriter json;
  json.begin_object();
  json.member("requests", info.rows);
  json.member("duration_s", info.duration_s());
  json.member("rate_per_s", info.rate_per_s());
  json.member("arrival_gap_mean_s", info.gaps.mean_us() / 1e6);
  json.member("arrival_gap_cv", info.gaps.cv());
  write_distribution(json, "input_tokens", info.input_tokens);
  write_distribution(json, "output_tokens", info.output_tokens);
  json.key("prefix_groups");
  json.begin_object();
  json.member("groups", info.groups);
  json.member("rows", info.rows_in_groups);
  json.member("reused_share_of_input", info.reused_share());
  write_distribution(json, "rows_per_group", info.group_sizes);
  write_distribution(json, "prefix_tokens", info.prefix_lengths);
  json.end_object();
  json.key("sessions");
  json.begin_object();
  json.member("sessions", info.sessions);
  json.member("rows", info.rows_in_sessions);
  write_distribution(json, "rows_per_session", info.session_sizes);
  json.end_object();
  write_names(json, "by_status", info.by_status);
  write_names(json, "by_class", info.by_class);
  write_names(json, "by_model", info.by_model);
  write_names(json, "by_tenant", info.by_tenant);
  json.key("rate_over_time");
  json.begin_object();
  json.member("window_s", static_cast<double>(info.arrivals.window_us()) / 1e6);
  json.member("first_window_s", static_cast<double>(info.arrivals.first_window()) *
                                    static_cast<double>(info.arrivals.window_us()) / 1e6);
  json.key("arrivals");
  json.begin_array();
  for (const std::int64_t count : info.arrivals.counts()) json.value(count);
  json.end_array();
  json.end_object();
  write_oddity(json, "duplicate_request_ids", info.duplicate_ids);
  write_oddity(json, "arrivals_going_back", info.arrivals_going_back);
  write_oddity(json, "times_out_of_order", info.times_out_of_order);
  json.end_object();
  return json.text();
}

}  // namespace blis::trace
