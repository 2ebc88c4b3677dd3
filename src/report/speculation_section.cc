#include "report/fixed_text.h"
#include "report/sections.h"

namespace blis::report {

std::string speculation_section(const MetricsTotals& totals) {
  if (!totals.speculation) return "";
  const engine::SpeculationCounts& counts = *totals.speculation;
  return fmt::format(
      "=== Speculative Decoding ===\n"
      "Draft Tokens: {}\n"
      "Accepted Tokens: {}\n"
      "Acceptance Rate: {}\n"
      "Mean Accepted Length: {}\n",
      counts.draft_tokens, counts.accepted_tokens, fixed(counts.acceptance_ratio(), 4),
      fixed(counts.mean_accepted_length(), 4));
}

}  // namespace blis::report
