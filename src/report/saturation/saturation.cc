#include "report/saturation/saturation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "base/json_writer.h"
#include "base/number_text.h"
#include "report/latency_lists.h"

namespace blis::report {
namespace {

// Two events per request. The round trip through seconds may lose a microsecond, as it does in the
// reference.
std::vector<SaturationEvent> events_of(std::span<const ServedRequest> requests) {
  std::vector<SaturationEvent> events;
  events.reserve(2 * requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::int64_t arrival = truncate_to_int64(requests[i].arrived_at_s * 1e6);
    const std::int64_t completion =
        (Micros(arrival) + Micros(truncate_to_int64(requests[i].e2e_ms * 1000))).count();
    events.push_back({.timestamp_us = arrival, .request = i});
    events.push_back({.timestamp_us = completion,
                      .is_completion = true,
                      .latency_ms = requests[i].e2e_ms,
                      .request = i});
  }
  std::sort(events.begin(), events.end(), [](const SaturationEvent& a, const SaturationEvent& b) {
    return std::tuple(a.timestamp_us, a.is_completion, a.request) <
           std::tuple(b.timestamp_us, b.is_completion, b.request);
  });
  return events;
}

struct Runner {
  const SaturationDetectorEntry* entry = nullptr;
  std::unique_ptr<SaturationDetector> detector;
  std::array<std::int64_t, 3> votes{};  // by level, in the final window

  // The most frequent level; of equally frequent ones the more severe.
  SaturationLevel winner() const {
    const auto most = std::max_element(votes.rbegin(), votes.rend());
    return static_cast<SaturationLevel>(votes.rend() - most - 1);
  }
};

struct Record {
  std::int64_t timestamp_us = 0;
  std::string_view detector;
  SaturationVerdict verdict;
};

void write_record(JsonWriter& json, const Record& record) {
  const SaturationVerdict& verdict = record.verdict;
  json.begin_object();
  json.member("timestamp", record.timestamp_us);
  json.member("detector", record.detector);
  json.key("result");
  json.begin_object();
  json.member("level", level_name(verdict.level));
  json.member("score", verdict.score);
  json.member("confidence", verdict.confidence);
  json.key("signals");
  json.begin_object();
  for (const auto& [name, value] : verdict.signals) json.member(name, value);
  json.end_object();
  json.end_object();
  json.end_object();
}

std::string report_text(const std::map<std::string, std::string>& labels,
                        const std::vector<Record>& records) {
  JsonWriter json;
  json.begin_object();
  if (!labels.empty()) {
    json.key("final");
    json.begin_object();
    for (const auto& [detector, label] : labels) json.member(detector, label);
    json.end_object();
  }
  json.key("trace");
  json.begin_array();
  for (const Record& record : records) write_record(json, record);
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

std::vector<ServedRequest> served_requests(const RunSummary& summary) {
  std::vector<ServedRequest> served;
  for (const RequestRow& row : summary.by_name(summary.cluster())) {
    const request::Measurements& m = *row.measured;
    if (m.registered && m.has_e2e && m.e2e > Micros(0)) {
      served.push_back({arrived_at_s(row), ticks(m.e2e) / 1000});
    }
  }
  return served;
}

SaturationResult detect_saturation(std::span<const ServedRequest> requests,
                                   const SaturationOptions& options) {
  const std::vector<SaturationEvent> events = events_of(requests);
  std::vector<Runner> runners;
  for (const SaturationDetectorEntry* entry : options.detectors) {
    runners.push_back({.entry = entry, .detector = entry->make(options.config)});
  }
  const bool with_report = !options.report_path.empty();
  const std::int64_t window_begin =
      events.empty() ? 0 : events.back().timestamp_us - options.final_window_us;

  std::vector<Record> records;
  for (const SaturationEvent& event : events) {
    const bool votes = event.timestamp_us >= window_begin;
    for (Runner& runner : runners) {
      runner.detector->observe(event);
      if (!votes && !with_report) continue;
      SaturationVerdict verdict = runner.detector->verdict();
      if (votes) ++runner.votes[static_cast<std::size_t>(verdict.level)];
      if (with_report) {
        records.push_back({event.timestamp_us, runner.entry->name, std::move(verdict)});
      }
    }
  }

  SaturationResult result;
  if (!events.empty()) {
    for (const Runner& runner : runners) {
      result.labels.emplace(runner.entry->name, level_name(runner.winner()));
    }
  }
  if (with_report) result.report = report_text(result.labels, records);
  return result;
}

}  // namespace blis::report
