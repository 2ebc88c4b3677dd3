#include "calibrate/calibration.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/number_text.h"
#include "calibrate/matching.h"
#include "calibrate/report_json.h"
#include "trace/trace_header.h"

namespace blis::calibrate {
namespace {

void require(bool holds, std::string_view flag, double value, std::string_view range) {
  if (holds) return;
  throw ConfigError({.file = "", .line = 0, .key = std::string(flag)},
                    fmt::format("{} is out of range; must be {}", value, range));
}

void validate(const CalibrationOptions& o) {
  require(o.network_rtt_us >= -1, "--network-rtt-us", static_cast<double>(o.network_rtt_us),
          "at least 0, or -1 for the trace header's");
  require(std::isfinite(o.network_bandwidth_mbps), "--network-bandwidth-mbps",
          o.network_bandwidth_mbps, "finite");
  require(std::isfinite(o.hit_rate_tolerance_pp) && o.hit_rate_tolerance_pp >= 0,
          "--hit-rate-tolerance-pp", o.hit_rate_tolerance_pp, "finite and at least 0");
  require(std::isfinite(o.ttft_mape_threshold) && o.ttft_mape_threshold >= 0,
          "--ttft-mape-threshold", o.ttft_mape_threshold, "finite and at least 0");
}

Network network_of(const CalibrationOptions& options, const trace::TraceHeader& header) {
  std::int64_t rtt_us = options.network_rtt_us;
  if (rtt_us == -1) {
    const double measured_ms = header.measured_rtt_ms.value_or(0);
    rtt_us = measured_ms > 0 ? truncate_to_int64(measured_ms * 1000) : 0;
  }
  return {.rtt_us = static_cast<double>(rtt_us), .bandwidth_mbps = options.network_bandwidth_mbps};
}

// [BUG] The reference's correlation of constant lists can be NaN, for which JSON has no form, so
// that there is no report.
void require_finite(const CalibrationReport& report) {
  for (const auto& [name, c] : report.metrics) {
    for (const double value : {c.mean.real, c.mean.sim, c.mape, c.pearson_r}) {
      if (!std::isfinite(value)) {
        throw DataError(
            fmt::format("the report cannot be written: a statistic of {} is not a number", name));
      }
    }
  }
}

void note_breakdown(Diagnostics& diagnostics, std::string_view metric, std::string_view group,
                    const std::map<std::string, PairedValues>& by_name) {
  for (const auto& [name, values] : by_name) {
    const Comparison c = compare(values);
    diagnostics.info(fmt::format("{} of {} {}: MAPE {:.4f}, Pearson r {:.4f}, {} requests", metric,
                                 group, name, c.mape, c.pearson_r, c.count));
  }
}

void note_matches(Diagnostics& diagnostics, const Matches& m) {
  if (m.unmatched_real > 0) {
    diagnostics.warn(
        fmt::format("{} rows of the trace have no usable simulated counterpart", m.unmatched_real));
  }
  if (m.unmatched_sim > 0) {
    diagnostics.warn(fmt::format("{} simulated requests are not in the trace", m.unmatched_sim));
  }
  note_breakdown(diagnostics, "TTFT", "class", m.ttft_by_class);
  note_breakdown(diagnostics, "E2E", "class", m.e2e_by_class);
  note_breakdown(diagnostics, "TTFT", "model", m.ttft_by_model);
  note_breakdown(diagnostics, "E2E", "model", m.e2e_by_model);
}

std::optional<HitRateComparison> compare_hit_rate(const CalibrationOptions& options,
                                                  const trace::TraceHeader& header,
                                                  Diagnostics& diagnostics) {
  if (!header.observed_kv_metrics) return std::nullopt;
  if (options.sim_metrics.empty()) {
    diagnostics.warn("the trace has an observed hit rate; --sim-metrics would compare it");
    return std::nullopt;
  }
  const SimMetrics metrics = load_sim_metrics(options.sim_metrics);
  if (!metrics.has_cache_hit_rate) {
    diagnostics.warn("no cache_hit_rate to compare", options.sim_metrics);
    return std::nullopt;
  }
  const HitRateComparison comparison{.real = header.observed_kv_metrics->hit_rate,
                                     .sim = metrics.cache_hit_rate,
                                     .tolerance_pp = options.hit_rate_tolerance_pp,
                                     .source = header.observed_kv_metrics->source};
  if (!comparison.within()) {
    diagnostics.warn(fmt::format("the hit rate is off by {:.2f} percentage points, more than {}",
                                 comparison.abs_error_pp(), comparison.tolerance_pp));
  }
  return comparison;
}

}  // namespace

CalibrationReport compare_with_trace(const CalibrationOptions& options, Diagnostics& diagnostics) {
  validate(options);
  const trace::TraceHeader header = trace::load_trace_header(options.trace_header);
  trace::warn_of_other_units(header, diagnostics);
  const std::vector<RealRow> rows = load_real_rows(options.trace_data);
  const SimResults results = load_sim_results(options.sim_results);
  const std::int64_t warm_up =
      options.warm_up_requests == -1 ? header.warm_up_requests : options.warm_up_requests;

  const Matches matches = match(rows, results, warm_up, network_of(options, header));
  note_matches(diagnostics, matches);
  if (matches.matched == 0) throw DataError("no request of the trace has a simulated counterpart");
  if (matches.ttft.empty()) throw DataError("no matched request has usable latencies");

  CalibrationReport report{
      .num_requests = matches.matched + matches.excluded + matches.unmatched_real,
      .warm_up_excluded = matches.excluded,
      .matched_pairs = matches.matched,
      .token_mismatches = matches.token_mismatches,
      .ttft_mape_threshold = options.ttft_mape_threshold};
  report.metrics["ttft"] = compare(matches.ttft);
  report.metrics["e2e"] = compare(matches.e2e);

  ChunkGaps gaps;
  if (!options.itl_data.empty()) {
    gaps = load_chunk_gaps(options.itl_data);
    const ItlMatches itl = match_itl(rows, results, warm_up, gaps);
    report.itl_dropped = itl.dropped;
    if (!itl.itl.empty()) report.metrics["itl"] = compare(itl.itl);
  }

  report.goodput_targets =
      trace::merge_goodput_targets({}, header.goodput_slo_targets, options.goodput_flags);
  if (!report.goodput_targets.empty()) {
    report.goodput = compare_goodput(rows, results, warm_up, gaps, report.goodput_targets);
  }
  report.hit_rate = compare_hit_rate(options, header, diagnostics);
  if (!report.ttft_within()) {
    diagnostics.warn(fmt::format("the MAPE of TTFT is {:.4f}, more than {}",
                                 report.metrics.at("ttft").mape, report.ttft_mape_threshold));
  }
  require_finite(report);
  return report;
}

std::string calibrate(const CalibrationOptions& options, Diagnostics& diagnostics) {
  return report_json(compare_with_trace(options, diagnostics));
}

}  // namespace blis::calibrate
