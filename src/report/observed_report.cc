#include "report/observed_report.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json_writer.h"
#include "report/metrics_parts.h"
#include "report/sections.h"

namespace blis::report {
namespace {

using trace::TraceRecord;

bool is_ok(const TraceRecord& r) { return r.status == "ok"; }

std::int64_t ttft_us(const TraceRecord& r) { return r.first_chunk_time_us - r.send_time_us; }
std::int64_t e2e_us(const TraceRecord& r) { return r.last_chunk_time_us - r.send_time_us; }

/// Its times make sense.
bool is_usable(const TraceRecord& r) {
  return is_ok(r) && ttft_us(r) > 0 && e2e_us(r) > 0 && e2e_us(r) >= ttft_us(r);
}

template <typename Take>
void for_each_gap(std::span<const std::int64_t> chunk_times_us, Take take) {
  for (std::size_t i = 1; i < chunk_times_us.size(); ++i) {
    const std::int64_t gap = chunk_times_us[i] - chunk_times_us[i - 1];
    if (gap > 0) take(gap);
  }
}

/// Mean of the gaps above 0, in ms.
std::optional<double> mean_gap_ms(std::span<const std::int64_t> chunk_times_us) {
  std::int64_t sum_us = 0;
  std::int64_t count = 0;
  for_each_gap(chunk_times_us, [&](std::int64_t gap) {
    sum_us += gap;
    ++count;
  });
  if (count == 0) return std::nullopt;
  return static_cast<double>(sum_us) / static_cast<double>(count) / 1000.0;
}

/// [QUIRK] this command interpolates on milliseconds and truncates the rank.
double p99(std::vector<double> values_ms) {
  if (values_ms.empty()) return 0;
  std::sort(values_ms.begin(), values_ms.end());
  const double rank = 0.99 * static_cast<double>(values_ms.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  if (low + 1 >= values_ms.size()) return values_ms.back();
  return values_ms[low] + (values_ms[low + 1] - values_ms[low]) * (rank - static_cast<double>(low));
}

struct Gate {
  double target_ms = 0;
  std::int64_t met = 0;
  std::int64_t evaluated = 0;

  bool is_on() const { return target_ms > 0; }
  bool check(std::optional<double> value_ms) {
    if (!is_on()) return true;
    ++evaluated;
    const bool ok = value_ms && *value_ms <= target_ms;
    met += ok ? 1 : 0;
    return ok;
  }
  void write_to(ClassGoodput& c, const char* dimension) const {
    if (!is_on()) return;
    c.attainment_by_dimension[dimension] =
        evaluated == 0 ? 0 : static_cast<double>(met) / static_cast<double>(evaluated);
  }
};

struct Tally {
  Gate ttft, itl, e2e;
  std::int64_t injected = 0;
  std::int64_t good = 0;
  std::vector<double> ttft_ms, itl_ms, e2e_ms;

  void add(const MeasuredRequest& request) {
    const TraceRecord& r = *request.record;
    if (!is_ok(r) && r.status != "error" && r.status != "timeout") return;
    ++injected;
    if (!is_usable(r)) return;
    const double first_ms = static_cast<double>(ttft_us(r)) / 1000.0;
    const double last_ms = static_cast<double>(e2e_us(r)) / 1000.0;
    const std::optional<double> gap_ms = mean_gap_ms(request.chunk_times_us);
    const bool first_in_time = ttft.check(first_ms);
    const bool gaps_in_time = itl.check(gap_ms);
    const bool last_in_time = e2e.check(last_ms);
    if (first_in_time && gaps_in_time && last_in_time) ++good;
    ttft_ms.push_back(first_ms);
    e2e_ms.push_back(last_ms);
    if (gap_ms) itl_ms.push_back(*gap_ms);
  }
};

ClassGoodput class_goodput(Tally tally, double wall_s) {
  ClassGoodput c;
  c.injected = tally.injected;
  c.good = tally.good;
  c.goodput_rps = wall_s > 0 ? static_cast<double>(tally.good) / wall_s : 0;
  c.attainment = tally.injected == 0
                     ? 0
                     : static_cast<double>(tally.good) / static_cast<double>(tally.injected);
  tally.ttft.write_to(c, "ttft");
  tally.itl.write_to(c, "itl");
  tally.e2e.write_to(c, "e2e");
  c.ttft_p99_ms = p99(std::move(tally.ttft_ms));
  c.e2e_p99_ms = p99(std::move(tally.e2e_ms));
  if (!tally.itl_ms.empty()) {
    std::sort(tally.itl_ms.begin(), tally.itl_ms.end());
    double sum_ms = 0;
    for (const double ms : tally.itl_ms) sum_ms += ms;
    c.itl_mean_ms = sum_ms / static_cast<double>(tally.itl_ms.size());
  }
  return c;
}

/// Times of sessions, all from requests as sent.
SessionTimes session_times(std::span<const MeasuredRequest> requests) {
  struct Ends {
    std::optional<std::int64_t> start_us;
    std::int64_t last_us = 0;
  };
  std::map<std::string_view, Ends> sessions;
  SessionTimes times;
  for (const MeasuredRequest& request : requests) {
    const TraceRecord& r = *request.record;
    if (r.session_id.empty()) continue;
    Ends& ends = sessions[r.session_id];
    if (r.round_index == 0) ends.start_us = r.send_time_us;
    ends.last_us = std::max(ends.last_us, r.last_chunk_time_us);
    if (!is_ok(r) || ttft_us(r) <= 0 || e2e_us(r) <= 0) continue;
    (r.round_index == 0 ? times.cold_ttft_ms : times.warm_ttft_ms)
        .push_back(static_cast<double>(ttft_us(r)) / 1000.0);
  }
  times.sessions = sessions.size();
  for (const auto& [id, ends] : sessions) {
    if (!ends.start_us || ends.last_us <= *ends.start_us) continue;
    times.duration_ms.push_back(static_cast<double>(ends.last_us - *ends.start_us) / 1000.0);
  }
  return times;
}

/// Latencies of usable requests, ticks.
struct Latencies {
  std::vector<double> ttft, e2e;
  stats::Histogram itl;
  std::int64_t output_tokens = 0;

  explicit Latencies(std::span<const MeasuredRequest> requests) {
    for (const MeasuredRequest& request : requests) {
      const TraceRecord& r = *request.record;
      if (!is_usable(r)) continue;
      ttft.push_back(static_cast<double>(ttft_us(r)));
      e2e.push_back(static_cast<double>(e2e_us(r)));
      for_each_gap(request.chunk_times_us, [&](std::int64_t gap) { itl.add(gap); });
      output_tokens += r.output_tokens;
    }
    std::sort(ttft.begin(), ttft.end());
    std::sort(e2e.begin(), e2e.end());
  }
};

}  // namespace

Goodput evaluate_observed_goodput(std::span<const MeasuredRequest> requests,
                                  const ObservedReportOptions& options) {
  std::map<std::string, Tally, std::less<>> tallies;
  for (const auto& [name, target] : options.goodput_targets) {
    Tally& tally = tallies[name];
    tally.ttft.target_ms = target.ttft_ms;
    tally.itl.target_ms = options.has_chunk_times ? target.itl_ms : 0;
    tally.e2e.target_ms = target.e2e_ms;
  }
  for (const MeasuredRequest& request : requests) {
    const std::string& slo_class = request.record->slo_class;
    const auto found = tallies.find(slo_class.empty() ? std::string_view("default") : slo_class);
    if (found != tallies.end()) found->second.add(request);
  }
  Goodput goodput;
  std::int64_t good = 0;
  std::int64_t injected = 0;
  for (auto& [name, tally] : tallies) {
    good += tally.good;
    injected += tally.injected;
    goodput.classes[name] = class_goodput(std::move(tally), options.wall_s);
  }
  goodput.attainment =
      injected == 0 ? 0 : static_cast<double>(good) / static_cast<double>(injected);
  goodput.goodput_rps = options.wall_s > 0 ? static_cast<double>(good) / options.wall_s : 0;
  return goodput;
}

std::string render_observed(std::span<const MeasuredRequest> requests,
                            const ObservedReportOptions& options) {
  const Latencies latencies(requests);
  const auto completed = static_cast<std::int64_t>(latencies.e2e.size());
  const auto per_second = [&](std::int64_t count) {
    return options.wall_s > 0 ? static_cast<double>(count) / options.wall_s : 0.0;
  };
  JsonWriter json;
  json.begin_object();
  json.member("instance_id", "");
  json.member("completed_requests", completed);
  // What only a simulator can know stays 0.
  for (const char* key : {"still_queued", "still_running", "injected_requests",
                          "total_input_tokens", "total_output_tokens"}) {
    json.member(key, 0);
  }
  json.member("vllm_estimated_duration_s", 0);
  json.member("responses_per_sec", per_second(completed));
  json.member("tokens_per_sec", per_second(latencies.output_tokens));
  write_latency(json, "e2e", latency_stats(latencies.e2e));
  write_latency(json, "ttft", latency_stats(latencies.ttft));
  write_latency(json, "itl", latency_stats(latencies.itl.sorted()));
  json.member("scheduling_delay_p99_ms", 0);
  for (const char* key :
       {"preemption_count", "dropped_unservable", "length_capped_requests", "timed_out_requests"}) {
    json.member(key, 0);
  }
  write_saturation(json, options.saturation_labels);
  if (!options.goodput_targets.empty()) {
    write_goodput(json, evaluate_observed_goodput(requests, options));
  }
  json.end_object();
  return "=== Simulation Metrics ===\n" + json.text() + "\n" +
         session_text(session_times(requests));
}

std::vector<ServedRequest> served_requests(std::span<const MeasuredRequest> requests) {
  std::vector<std::pair<std::string, ServedRequest>> named;
  for (const MeasuredRequest& request : requests) {
    const TraceRecord& r = *request.record;
    if (!is_ok(r)) continue;
    const double e2e_ms = static_cast<double>(e2e_us(r)) / 1000.0;
    if (!(e2e_ms > 0)) continue;
    named.emplace_back("request_" + std::to_string(r.request_id),
                       ServedRequest{.arrived_at_s = static_cast<double>(r.arrival_time_us) / 1e6,
                                     .e2e_ms = e2e_ms});
  }
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ServedRequest> served;
  served.reserve(named.size());
  for (const auto& [name, request] : named) served.push_back(request);
  return served;
}

}  // namespace blis::report
