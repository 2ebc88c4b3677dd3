#include <map>

#include "report/fixed_text.h"
#include "report/latency_lists.h"
#include "report/sections.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

struct ModelUse {
  stats::TickList ttfts, e2es;
  std::int64_t output_tokens = 0;  // planned, of completed requests
};

std::string line(std::string_view label, stats::TickList values) {
  const stats::Distribution d = stats::distribution(std::move(values));
  return fmt::format("    {}p50={} p99={} (n={})\n", label, fixed(d.p50, 2), fixed(d.p99, 2),
                     d.count);
}

}  // namespace

std::string model_section(const RunSummary& summary) {
  std::map<std::string_view, ModelUse> models;
  for (const RequestRow& row : summary.cluster().rows) {
    const request::Measurements& m = *row.measured;
    const std::string_view model = summary.text(row.spec->model);
    if (model.empty() || !m.registered || !(m.has_ttft || m.has_e2e)) continue;
    ModelUse& use = models[model];
    if (m.has_ttft) use.ttfts.add(m.ttft.count());
    if (m.has_e2e) {
      use.e2es.add(m.e2e.count());
      use.output_tokens += row.spec->output_tokens;
    }
  }
  if (models.empty()) return "";

  const double duration_s = summary.cluster().totals.duration_s();
  const auto per_second = [duration_s](double count) {
    return duration_s > 0 ? count / duration_s : 0;
  };
  std::string out = "=== Per-Model Metrics ===\n";
  for (auto& [name, use] : models) {
    const double requests_per_s = per_second(static_cast<double>(use.e2es.size()));
    const double tokens_per_s = per_second(static_cast<double>(use.output_tokens));
    out += fmt::format("  {}:\n", name);
    out += line("TTFT: ", std::move(use.ttfts));
    out += line("E2E:  ", std::move(use.e2es));
    out += fmt::format("    Throughput: {} req/s, {} tok/s\n", fixed(requests_per_s, 2),
                       fixed(tokens_per_s, 2));
  }
  return out;
}

}  // namespace blis::report
