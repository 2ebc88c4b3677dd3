#include <algorithm>
#include <limits>

#include "report/fixed_text.h"
#include "report/latency_lists.h"
#include "report/sections.h"
#include "stats/percentile.h"

namespace blis::report {
namespace {

// Completed sub-requests per second of the instances that have a role. Shared instances count fully
// in both.
double throughput_per_s(const RunSummary& summary, bool cluster::InstanceResult::*role) {
  std::int64_t completed = 0;
  for (const cluster::InstanceResult& instance : summary.result().instances) {
    if (instance.*role) completed += instance.metrics.completed_requests;
  }
  const double duration_s = summary.cluster().totals.duration_s();
  return duration_s > 0 ? static_cast<double>(completed) / duration_s : 0;
}

std::string imbalance_text(double a, double b) {
  if (a == 0 && b == 0) return fixed(1.0, 4);
  if (a == 0 || b == 0) return "inf (one pool idle)";
  return fixed(std::max(a, b) / std::min(a, b), 4);
}

std::string distribution_line(std::string_view label, std::vector<double> values) {
  if (values.empty()) return "";
  const stats::Distribution d = stats::distribution(std::move(values));
  return fmt::format("{} (us): mean={} p50={} p95={} p99={}\n", label, fixed(d.mean, 1),
                     fixed(d.p50, 1), fixed(d.p95, 1), fixed(d.p99, 1));
}

}  // namespace

std::string disaggregation_section(const RunSummary& summary) {
  const auto& disaggregation = summary.result().disaggregation;
  if (!disaggregation || disaggregation->parents.empty()) return "";

  std::int64_t disaggregated = 0;
  // [BUG] The reference always sets the decode instance, so this stays 0; the true count is among
  // the dropped requests (spec disaggregation 11).
  std::int64_t dropped = 0;
  std::vector<double> ttfts;
  std::vector<double> transfers;
  for (const cluster::DisaggregatedParent& parent : disaggregation->parents) {
    if (parent.transfer_complete > Micros(0)) {
      ++disaggregated;
      if (!parent.has_decode_instance) ++dropped;
    }
    const request::Measurements& m = (*summary.result().requests)[parent.request].measured;
    if (m.has_ttft && m.ttft > Micros(0)) ttfts.push_back(ticks(m.ttft));
    // [QUIRK] A transfer that started at time 0 counts as one that never started.
    if (parent.transfer_start > Micros(0) && parent.transfer_complete >= parent.transfer_start) {
      transfers.push_back(ticks(parent.transfer_complete - parent.transfer_start));
    }
  }
  const double prefill = throughput_per_s(summary, &cluster::InstanceResult::serves_prefill);
  const double decode = throughput_per_s(summary, &cluster::InstanceResult::serves_decode);

  std::string out = fmt::format(
      "=== PD Metrics ===\n"
      "Disaggregated Requests: {}\n"
      "Dropped at Decode KV: {}\n"
      "Prefill Throughput: {} sub-req/s\n"
      "Decode Throughput: {} sub-req/s\n"
      "Load Imbalance Ratio: {}\n",
      disaggregated, dropped, fixed(prefill, 4), fixed(decode, 4), imbalance_text(prefill, decode));
  out += distribution_line("Parent TTFT", std::move(ttfts));
  out += distribution_line("KV Transfer Duration", std::move(transfers));
  if (const auto& contention = disaggregation->contention) {
    out += fmt::format("Peak Concurrent Transfers: {}\nMean Transfer Queue Depth: {}\n",
                       contention->peak_concurrent_transfers,
                       fixed(contention->mean_transfer_queue_depth, 4));
  }
  return out;
}

}  // namespace blis::report
