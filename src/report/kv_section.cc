#include "report/fixed_text.h"
#include "report/sections.h"

namespace blis::report {

std::string kv_section(const MetricsTotals& totals) {
  const double preemption_rate = totals.preemption_rate();
  if (preemption_rate == 0 && totals.cache_hit_rate == 0 && totals.kv_thrashing_rate == 0) {
    return "";
  }
  return fmt::format(
      "=== KV Cache Metrics ===\n"
      "Preemption Rate: {}\n"
      "Cache Hit Rate: {}\n"
      "KV Thrashing Rate: {}\n",
      fixed(preemption_rate, 4), fixed(totals.cache_hit_rate, 4),
      fixed(totals.kv_thrashing_rate, 4));
}

}  // namespace blis::report
