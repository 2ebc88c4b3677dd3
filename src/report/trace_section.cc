#include "report/fixed_text.h"
#include "report/sections.h"

namespace blis::report {

std::string trace_section(const gateway::TraceSummary& trace) {
  std::string out = fmt::format(
      "=== Trace Summary ===\n"
      "Total Decisions: {}\n"
      "  Admitted: {}\n"
      "  Rejected: {}\n"
      "Unique Targets: {}\n",
      trace.decisions, trace.admitted, trace.rejected, trace.targets.size());
  if (!trace.targets.empty()) out += "Target Distribution:\n";
  for (const auto& [instance, count] : trace.targets) {
    out += fmt::format("  {}: {}\n", instance, count);
  }
  out += fmt::format("Mean Regret: {}\nMax Regret: {}\n", fixed(trace.mean_regret, 6),
                     fixed(trace.max_regret, 6));
  return out;
}

}  // namespace blis::report
