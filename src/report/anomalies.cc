#include "report/anomalies.h"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>

#include "report/latency_lists.h"

namespace blis::report {
namespace {

// Counts while merge-sorting: when both halves are ascending, the partners of each right value are
// a suffix of the left half.
std::int64_t count_and_sort(std::span<double> values, std::span<double> scratch) {
  if (values.size() < 2) return 0;
  const std::size_t middle = values.size() / 2;
  const std::span<double> left = values.first(middle);
  const std::span<double> right = values.subspan(middle);
  std::int64_t pairs = count_and_sort(left, scratch) + count_and_sort(right, scratch);
  std::size_t first_larger = 0;
  for (const double r : right) {
    while (first_larger < left.size() && !(left[first_larger] > 2.0 * r)) ++first_larger;
    pairs += static_cast<std::int64_t>(left.size() - first_larger);
  }
  std::merge(left.begin(), left.end(), right.begin(), right.end(), scratch.begin());
  std::copy_n(scratch.begin(), values.size(), values.begin());
  return pairs;
}

std::int64_t inversions_at(const RunSummary& summary, const MetricsScope& scope) {
  std::map<std::string_view, std::vector<RequestRow>> by_class;
  for (const RequestRow& row : summary.by_name(scope)) {
    if (row.measured->registered && row.measured->has_e2e) {
      by_class[summary.slo_class(row)].push_back(row);
    }
  }
  std::int64_t inversions = 0;
  for (auto& [name, rows] : by_class) {
    std::stable_sort(rows.begin(), rows.end(), [](const RequestRow& a, const RequestRow& b) {
      return arrived_at_s(a) < arrived_at_s(b);
    });
    std::vector<double> e2es;
    e2es.reserve(rows.size());
    for (const RequestRow& row : rows) e2es.push_back(ticks(row.measured->e2e));
    inversions += pairs_more_than_doubled(std::move(e2es));
  }
  return inversions;
}

}  // namespace

std::int64_t pairs_more_than_doubled(std::vector<double> values) {
  std::vector<double> scratch(values.size());
  return count_and_sort(values, scratch);
}

std::int64_t priority_inversions(const RunSummary& summary) {
  if (!summary.result().counts_priority_inversions) return 0;
  std::int64_t inversions = 0;
  for (const MetricsScope& scope : summary.instances()) inversions += inversions_at(summary, scope);
  return inversions;
}

std::int64_t hol_blocking_events(const std::vector<cluster::InstanceResult>& instances) {
  if (instances.size() < 2) return 0;
  std::vector<double> averages;
  double sum = 0;
  for (const cluster::InstanceResult& instance : instances) {
    const engine::InstanceMetrics& m = instance.metrics;
    const double average =
        m.steps == 0 ? 0
                     : static_cast<double>(m.wait_queue_sample_sum) / static_cast<double>(m.steps);
    averages.push_back(average);
    sum += average;
  }
  const double mean = sum / static_cast<double>(instances.size());
  if (!(mean > 0)) return 0;
  return std::count_if(averages.begin(), averages.end(),
                       [mean](double average) { return average > 2.0 * mean; });
}

}  // namespace blis::report
