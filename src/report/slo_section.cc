#include <map>
#include <optional>

#include "report/fixed_text.h"
#include "report/latency_lists.h"
#include "report/sections.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

struct ClassLatencies {
  stats::TickList ttfts, e2es;
  std::vector<double> itl_means;  // ticks
};

template <typename Values>
std::string line(std::string_view label, Values values) {
  const stats::Distribution d = stats::distribution(std::move(values));
  return fmt::format("    {}mean={} p99={} (n={})\n", label, fixed(d.mean, 2), fixed(d.p99, 2),
                     d.count);
}

bool counts(const request::Measurements& m) {
  return m.registered && (m.has_ttft || m.has_itl_mean || m.has_e2e);
}

bool has_several_classes(const RunSummary& summary) {
  std::optional<std::string_view> first;
  for (const RequestRow& row : summary.cluster().rows) {
    if (!counts(*row.measured)) continue;
    const std::string_view slo_class = summary.slo_class(row);
    if (!first) first = slo_class;
    if (*first != slo_class) return true;
  }
  return false;
}

}  // namespace

std::string slo_section(const RunSummary& summary, bool has_goodput_targets) {
  if (!has_goodput_targets && !has_several_classes(summary)) return "";
  std::map<std::string_view, ClassLatencies> classes;
  for (const RequestRow& row : summary.cluster().rows) {
    const request::Measurements& m = *row.measured;
    if (!counts(m)) continue;
    ClassLatencies& latencies = classes[summary.slo_class(row)];
    if (m.has_ttft) latencies.ttfts.add(m.ttft.count());
    if (m.has_itl_mean) latencies.itl_means.push_back(m.itl_mean_us);
    if (m.has_e2e) latencies.e2es.add(m.e2e.count());
  }
  if (classes.empty()) return "";

  std::string out = "=== Per-SLO Metrics ===\n";
  for (auto& [name, latencies] : classes) {
    out += fmt::format("  {}:\n", name);
    out += line("TTFT: ", std::move(latencies.ttfts));
    out += line("ITL:  ", std::move(latencies.itl_means));
    out += line("E2E:  ", std::move(latencies.e2es));
  }
  return out;
}

}  // namespace blis::report
