#include "trace/tools/trace_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "trace/tools/arrival_reader.h"
#include "trace/trace_reader.h"

namespace blis::trace {
namespace {

constexpr std::size_t kMaxWindows = 100'000;

struct Group {
  std::int64_t rows = 0;
  std::int64_t length = 0;  // of its first row with one
};

void note(TraceInfo::Oddity& oddity, int line) {
  if (oddity.count++ == 0) oddity.first_line = line;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool times_in_order(const TraceRecord& r) {
  if (r.first_chunk_time_us > 0 && r.send_time_us > r.first_chunk_time_us) return false;
  return r.last_chunk_time_us >= r.first_chunk_time_us;
}

}  // namespace

double ValueCounts::mean() const {
  double sum = 0;
  for (const auto& [value, count] : counts_) {
    sum += static_cast<double>(value) * static_cast<double>(count);
  }
  return total_ == 0 ? 0 : sum / static_cast<double>(total_);
}

std::int64_t ValueCounts::percentile(double percent) const {
  const double wanted = percent / 100 * static_cast<double>(total_);
  std::int64_t seen = 0;
  for (const auto& [value, count] : counts_) {
    seen += count;
    if (static_cast<double>(seen) >= wanted) return value;
  }
  return max();
}

void ArrivalGaps::add(std::int64_t arrival_us) {
  held_.push(arrival_us);
  if (held_.size() > kReorderRows) pop();
}

void ArrivalGaps::finish() {
  while (!held_.empty()) pop();
}

void ArrivalGaps::pop() {
  const std::int64_t now = held_.top();
  held_.pop();
  if (has_last_) {
    const double gap = std::max(0.0, static_cast<double>(now) - static_cast<double>(last_us_));
    ++count_;
    const double from_old = gap - mean_;
    mean_ += from_old / static_cast<double>(count_);
    squares_ += from_old * (gap - mean_);
  }
  last_us_ = has_last_ ? std::max(last_us_, now) : now;
  has_last_ = true;
}

double ArrivalGaps::cv() const {
  if (count_ == 0 || mean_ == 0) return 0;
  return std::sqrt(squares_ / static_cast<double>(count_)) / mean_;
}

void ArrivalCounts::add(std::int64_t arrival_us) {
  ++counts_[floor_div(arrival_us, window_us_)];
  // The span decides, not the number of stretches with arrivals: counts() lists the empty ones,
  // too.
  const auto too_many = [this] {
    return static_cast<double>(counts_.rbegin()->first) -
               static_cast<double>(counts_.begin()->first) >=
           static_cast<double>(kMaxWindows);
  };
  while (too_many()) {
    std::map<std::int64_t, std::int64_t> wider;
    for (const auto& [window, count] : counts_) wider[floor_div(window, 2)] += count;
    counts_ = std::move(wider);
    window_us_ *= 2;
  }
}

std::vector<std::int64_t> ArrivalCounts::counts() const {
  std::vector<std::int64_t> all;
  if (counts_.empty()) return all;
  all.resize(static_cast<std::size_t>(counts_.rbegin()->first - counts_.begin()->first) + 1);
  for (const auto& [window, count] : counts_) {
    all[static_cast<std::size_t>(window - counts_.begin()->first)] = count;
  }
  return all;
}

double TraceInfo::rate_per_s() const {
  return duration_s() > 0 ? static_cast<double>(rows - 1) / duration_s() : 0;
}

double TraceInfo::reused_share() const {
  return input_sum == 0 ? 0 : static_cast<double>(reused_sum) / static_cast<double>(input_sum);
}

TraceInfo read_trace_info(const std::string& data_file, double window_s) {
  constexpr double kYear = 366 * 86400.0;
  if (!(window_s >= 1e-3 && window_s <= kYear)) {
    throw ConfigError({.file = "", .line = 0, .key = "--window-seconds"},
                      fmt::format("must be from 0.001 to {} seconds, got {}", kYear, window_s));
  }
  TraceInfo info;
  info.file = data_file;
  info.arrivals = ArrivalCounts(static_cast<std::int64_t>(std::llround(window_s * 1e6)));
  TraceReader reader(data_file, TraceReader::Fields::kAsWritten);
  TraceRecord r;
  IdSet ids;
  std::unordered_map<std::string, Group> groups;
  std::unordered_map<std::string, std::int64_t> sessions;
  std::int64_t previous_us = std::numeric_limits<std::int64_t>::min();
  while (reader.next(r)) {
    const bool is_first = info.rows++ == 0;
    info.first_arrival_us =
        is_first ? r.arrival_time_us : std::min(info.first_arrival_us, r.arrival_time_us);
    info.last_arrival_us =
        is_first ? r.arrival_time_us : std::max(info.last_arrival_us, r.arrival_time_us);
    ++info.by_status[r.status];
    ++info.by_class[r.slo_class];
    ++info.by_model[r.model];
    ++info.by_tenant[r.tenant_id];
    const std::int64_t input = r.input_tokens + r.prefix_length;
    info.input_tokens.add(input);
    info.output_tokens.add(r.output_tokens);
    info.input_sum += input;
    info.gaps.add(r.arrival_time_us);
    info.arrivals.add(r.arrival_time_us);
    if (!r.prefix_group.empty()) {
      ++info.rows_in_groups;
      Group& group = groups[r.prefix_group];
      if (group.length > 0) info.reused_sum += std::min(group.length, r.prefix_length);
      if (group.length == 0) group.length = r.prefix_length;
      ++group.rows;
    }
    if (!r.session_id.empty()) {
      ++info.rows_in_sessions;
      ++sessions[r.session_id];
    }
    if (!ids.insert(r.request_id)) note(info.duplicate_ids, reader.line());
    if (r.arrival_time_us < previous_us) note(info.arrivals_going_back, reader.line());
    previous_us = r.arrival_time_us;
    if (!times_in_order(r)) note(info.times_out_of_order, reader.line());
  }
  info.gaps.finish();
  info.groups = static_cast<std::int64_t>(groups.size());
  for (const auto& [name, group] : groups) {
    info.group_sizes.add(group.rows);
    info.prefix_lengths.add(group.length);
  }
  info.sessions = static_cast<std::int64_t>(sessions.size());
  for (const auto& [name, rows] : sessions) info.session_sizes.add(rows);
  return info;
}

}  // namespace blis::trace
