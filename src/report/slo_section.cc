#include <map>
#include <set>

#include "report/fixed_text.h"
#include "report/latency_lists.h"
#include "report/sections.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

struct ClassLatencies {
  std::vector<double> ttfts, itl_means, e2es;  // ticks
};

std::string line(std::string_view label, std::vector<double> values) {
  const stats::Distribution d = stats::distribution(std::move(values));
  return fmt::format("    {}mean={} p99={} (n={})\n", label, fixed(d.mean, 2), fixed(d.p99, 2),
                     d.count);
}

bool counts(const request::Measurements& m) {
  return m.registered && (m.has_ttft || m.has_itl_mean || m.has_e2e);
}

}  // namespace

std::string slo_section(const RunSummary& summary, bool has_goodput_targets) {
  // Usually there is one class, about which nothing is said.
  std::set<Symbol> names;
  for (const RequestRow& row : summary.cluster().rows) {
    if (counts(*row.measured)) names.insert(row.spec->slo_class);
  }
  if (names.size() < 2 && !has_goodput_targets) return "";

  std::map<std::string_view, ClassLatencies> classes;
  for (const RequestRow& row : summary.cluster().rows) {
    const request::Measurements& m = *row.measured;
    if (!counts(m)) continue;
    ClassLatencies& latencies = classes[summary.slo_class(row)];
    if (m.has_ttft) latencies.ttfts.push_back(ticks(m.ttft));
    if (m.has_itl_mean) latencies.itl_means.push_back(m.itl_mean_us);
    if (m.has_e2e) latencies.e2es.push_back(ticks(m.e2e));
  }
  if (classes.empty() || (classes.size() < 2 && !has_goodput_targets)) return "";

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
