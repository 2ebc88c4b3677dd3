#include <algorithm>
#include <iterator>
#include <utility>

#include "report/anomalies.h"
#include "report/fixed_text.h"
#include "report/sections.h"

namespace blis::report {

std::string anomaly_section(const RunSummary& summary) {
  const MetricsTotals& totals = summary.cluster().totals;
  const cluster::GatewayCounters& gateway = summary.result().gateway;
  const auto& failures = summary.result().failures;
  const std::int64_t inversions = priority_inversions(summary);
  const std::int64_t blocking = hol_blocking_events(summary.result().instances);
  const std::int64_t always_printed[] = {inversions,
                                         blocking,
                                         gateway.rejected,
                                         gateway.routing_rejections,
                                         totals.dropped_unservable,
                                         totals.timed_out,
                                         totals.length_capped};
  const std::pair<const char*, std::int64_t> printed_if_positive[] = {
      {"Gateway Queue Depth (horizon)", gateway.queue_depth},
      {"Gateway Queue Shed", gateway.queue_shed},
      {"Gateway Queue Rejected", gateway.queue_rejected},
      {"Gateway Evicted (in-flight)", gateway.evicted},
      {"Gateway Expired (TTL)", gateway.expired},
      {"Encode Routing Rejections", gateway.encode_routing_rejections},
      {"Lost in Drain", gateway.lost_in_drain},
      {"Lost to Failures", failures ? failures->lost_requests : 0},
  };
  const bool any =
      std::ranges::any_of(always_printed, [](std::int64_t count) { return count > 0; }) ||
      std::ranges::any_of(printed_if_positive, [](const auto& line) { return line.second > 0; });
  if (!any) return "";

  std::string out = "=== Anomaly Counters ===\n";
  const auto line = [&out](std::string_view label, std::int64_t count) {
    fmt::format_to(std::back_inserter(out), "{}: {}\n", label, count);
  };
  line("Priority Inversions", inversions);
  line("HOL Blocking Events", blocking);
  line("Rejected Requests (Admission)", gateway.rejected);
  for (const auto& [slo_class, count] : gateway.shed_by_class) {
    line(fmt::format("  Shed ({})", slo_class), count);
  }
  line("Rejected Requests (Routing)", gateway.routing_rejections);
  line("Dropped Unservable", totals.dropped_unservable);
  line("Timed Out Requests", totals.timed_out);
  line("Length-Capped Requests", totals.length_capped);
  for (const auto& [label, count] : printed_if_positive) {
    if (count > 0) line(label, count);
  }
  return out;
}

}  // namespace blis::report
