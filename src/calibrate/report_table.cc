#include "calibrate/report_table.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

namespace blis::calibrate {
namespace {

using Out = std::back_insert_iterator<std::string>;

// The relative error with its sign; what is relative to nothing has none.
std::string signed_percent(const StatisticPair& s) {
  return s.real > 0 ? fmt::format("{:+.1f}", s.error() / s.real * 100) : "-";
}

void add_statistic(Out out, std::string_view metric, std::string_view name,
                   const StatisticPair& s) {
  fmt::format_to(out, "{:<6}{:<6}{:>14.3f}{:>14.3f}{:>14.3f}{:>10}\n", metric, name, s.real / 1000,
                 s.sim / 1000, s.error() / 1000, signed_percent(s));
}

void add_comparison(Out out, std::string_view metric, const Comparison& c) {
  add_statistic(out, metric, "mean", c.mean);
  add_statistic(out, "", "p50", c.p50);
  add_statistic(out, "", "p90", c.p90);
  add_statistic(out, "", "p95", c.p95);
  add_statistic(out, "", "p99", c.p99);
  fmt::format_to(out, "      per request: MAPE {:.1f} %, Pearson r {:.3f}, {}{}; {} pairs\n",
                 c.mape * 100, c.pearson_r, c.bias_direction,
                 fmt::format("{}{}", c.bias_direction.empty() ? "" : ", ", c.quality), c.count);
}

void add_goodput(Out out, const GoodputComparison& goodput) {
  fmt::format_to(out, "\n{:<20}{:>8}{:>14}{:>14}{:>14}{:>14}\n", "goodput by class", "count",
                 "real %", "simulated %", "real /s", "simulated /s");
  for (const auto& [name, c] : goodput.classes) {
    fmt::format_to(out, "{:<20}{:>8}{:>14.1f}{:>14.1f}{:>14.3f}{:>14.3f}\n", name, c.count,
                   c.real.attainment * 100, c.sim.attainment * 100, c.real.goodput_rps,
                   c.sim.goodput_rps);
  }
  if (goodput.skipped_itl) {
    fmt::format_to(
        out, "some requests have a target for ITL and no chunk times; they count as missed\n");
  }
}

}  // namespace

std::string report_table(const CalibrationReport& report) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(
      out, "requests {}, warm-up excluded {}, matched {}, with other token counts {}\n\n",
      report.num_requests, report.warm_up_excluded, report.matched_pairs, report.token_mismatches);
  fmt::format_to(out, "{:<12}{:>14}{:>14}{:>14}{:>10}\n", "", "real ms", "simulated ms", "error ms",
                 "error %");
  constexpr std::pair<const char*, const char*> kMetrics[] = {
      {"ttft", "TTFT"}, {"itl", "ITL"}, {"e2e", "E2E"}};
  for (const auto& [key, name] : kMetrics) {
    const auto found = report.metrics.find(key);
    if (found != report.metrics.end()) add_comparison(out, name, found->second);
  }
  if (report.goodput) add_goodput(out, *report.goodput);
  if (report.hit_rate) {
    const HitRateComparison& h = *report.hit_rate;
    fmt::format_to(
        out,
        "\nKV cache hit rate: real {:.1f} %, simulated {:.1f} %, {:.1f} points apart ({} {})\n",
        h.real * 100, h.sim * 100, h.abs_error_pp(), h.within() ? "within" : "more than",
        h.tolerance_pp);
  }
  fmt::format_to(out, "\nTTFT: MAPE is {} {}\n", report.ttft_within() ? "within" : "above",
                 report.ttft_mape_threshold);
  return text;
}

}  // namespace blis::calibrate
