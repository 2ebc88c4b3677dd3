#include <map>

#include "report/fixed_text.h"
#include "report/sections.h"
#include "stats/percentile.h"

namespace blis::report {

std::string tenant_section(const RunSummary& summary) {
  struct TenantUse {
    std::int64_t requests = 0;
    std::int64_t tokens = 0;  // planned output
  };
  std::map<std::string_view, TenantUse> tenants;
  for (const RequestRow& row : summary.cluster().rows) {
    const std::string_view tenant = summary.text(row.spec->tenant);
    if (tenant.empty() || !row.measured->registered || !row.measured->has_e2e) continue;
    TenantUse& use = tenants[tenant];
    ++use.requests;
    use.tokens += row.spec->output_tokens;
  }
  if (tenants.empty()) return "";

  std::string out = "=== Per-Tenant Metrics ===\n";
  std::vector<double> tokens;
  for (const auto& [name, use] : tenants) {
    out += fmt::format("  {}: requests={}, tokens={}\n", name, use.requests, use.tokens);
    tokens.push_back(static_cast<double>(use.tokens));
  }
  out += fmt::format("  Jain Fairness Index: {}\n", fixed(stats::jain_index(tokens), 4));
  return out;
}

}  // namespace blis::report
