// The text sections that follow the metrics blocks on stdout. Each is "" when it has nothing to
// say, else whole lines. SOURCE spec engine 14.5, data-plane 17.4-17.9, cli 12.1.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/fitness.h"
#include "report/run_summary.h"

namespace blis::report {

std::string fitness_section(const MetricsScope& scope, const FitnessWeights& weights);

/// Printed if any counter but the shed ones is above 0.
std::string anomaly_section(const RunSummary& summary);

/// Printed if any of its three rates is not 0.
std::string kv_section(const MetricsTotals& totals);

/// Printed if there was speculative decoding.
std::string speculation_section(const MetricsTotals& totals);

/// What shared devices and remote stores did. Printed if instances share storage.
std::string storage_section(const RunSummary& summary);

/// Values in microseconds. Printed with two classes or more, or with one if goodput targets are
/// set.
std::string slo_section(const RunSummary& summary, bool has_goodput_targets);

/// Values in microseconds.
std::string model_section(const RunSummary& summary);

std::string tenant_section(const RunSummary& summary);

/// What the section on sessions is made of; of measured runs, too.
struct SessionTimes {
  std::size_t sessions = 0;            ///< none: no section
  std::vector<double> cold_ttft_ms{};  ///< of first rounds
  std::vector<double> warm_ttft_ms{};  ///< of later ones
  std::vector<double> duration_ms{};   ///< of sessions whose first round is known
};
std::string session_text(SessionTimes times);

/// Values in milliseconds.
std::string session_section(const RunSummary& summary);

/// Values in microseconds.
std::string disaggregation_section(const RunSummary& summary);

std::string trace_section(const gateway::TraceSummary& trace);

}  // namespace blis::report
