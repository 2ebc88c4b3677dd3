// A run put in order for reporting: who counts, which measurements of a request hold, and the sums
// over instances.
//
// Every section of the report reads a RunSummary and nothing else, so that the questions "which
// rows", "in which order" and "which of two rows of the same name" are answered once. SOURCE spec
// engine 12-13.1, data-plane 17.1, disaggregation 9-10.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/simulation_result.h"
#include "report/row_list.h"
#include "request/request.h"
#include "stats/histogram.h"

namespace blis::report {

/// Counts and samples of one instance, or of all of them together.
struct MetricsTotals {
  std::int64_t completed = 0;
  std::int64_t still_queued = 0;
  std::int64_t still_running = 0;
  std::int64_t total_input_tokens = 0;
  std::int64_t total_output_tokens = 0;
  std::int64_t kv_allocation_failures = 0;
  std::int64_t preemptions = 0;
  std::int64_t dropped_unservable = 0;
  std::int64_t length_capped = 0;
  std::int64_t timed_out = 0;
  Micros sim_ended;
  double cache_hit_rate = 0;     ///< of several instances: the unweighted mean
  double kv_thrashing_rate = 0;  ///< likewise
  std::map<std::string, cluster::AdapterCounts> adapter_counts;

  std::int64_t injected() const {
    return completed + still_queued + still_running + dropped_unservable + timed_out;
  }
  /// Seconds, which may be 0.
  double duration_s() const { return static_cast<double>(sim_ended.count()) / 1e6; }
  /// completed / duration; 0 without completions or duration.
  double responses_per_s() const;
  /// total_output_tokens / duration; 0 without completions or duration.
  double tokens_per_s() const;
  /// preemptions / completed; 0 without completions.
  double preemption_rate() const;
};

/// What one metrics block is about.
struct MetricsScope {
  std::string id;  ///< `instance_<n>` or `cluster`
  MetricsTotals totals;
  const stats::Histogram* itl = nullptr;  ///< every inter-token latency, ticks
  RowList rows;                           ///< one per name; in no order, see RunSummary::by_name()
};

class RunSummary {
 public:
  /// COST  O(requests), which are looked at and not copied; O(requests log requests) and a row for
  /// each where some may have the same name. `result` outlives the summary.
  explicit RunSummary(const cluster::SimulationResult& result);
  RunSummary(const RunSummary&) = delete;
  RunSummary& operator=(const RunSummary&) = delete;

  const cluster::SimulationResult& result() const { return *result_; }
  const SymbolTable& symbols() const { return *result_->symbols; }
  /// As each instance saw it: halves of disaggregated requests stand for themselves.
  const std::vector<MetricsScope>& instances() const { return instances_; }
  /// All instances together: halves are replaced by the request that they belong to.
  const MetricsScope& cluster() const { return cluster_; }
  /// The rows of a scope, ascending bytewise by name. COST  O(rows log rows).
  std::vector<RequestRow> by_name(const MetricsScope& scope) const;

  std::string_view text(Symbol symbol) const { return symbols().text(symbol); }
  /// The row's class; a request without one belongs to `default`.
  std::string_view slo_class(const RequestRow& row) const;
  /// Name of the instance that the request was given to last; "" if none.
  std::string_view handled_by(const RequestRow& row) const;
  std::string name(const RequestRow& row) const;

 private:
  RowList merged_rows(const std::vector<RequestId>& ids);
  void merge_rows_of_one_name();

  const cluster::SimulationResult* result_;
  std::deque<request::Measurements> merged_;  ///< of requests that share a name
  stats::Histogram cluster_itl_;
  std::vector<MetricsScope> instances_;
  MetricsScope cluster_;
};

}  // namespace blis::report
