#include "report/latency_lists.h"

#include <algorithm>

namespace blis::report {

std::vector<double> sorted_ttfts(const RequestRows& rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const RequestRow& row : rows) {
    if (row.measured->has_ttft) values.push_back(ticks(row.measured->ttft));
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<double> sorted_e2es(const RequestRows& rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const RequestRow& row : rows) {
    if (row.measured->has_e2e) values.push_back(ticks(row.measured->e2e));
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::int64_t> sorted_scheduling_delays(const RequestRows& rows) {
  std::vector<std::int64_t> values;
  values.reserve(rows.size());
  for (const RequestRow& row : rows) {
    if (row.measured->has_scheduling_delay) {
      values.push_back(row.measured->scheduling_delay.count());
    }
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace blis::report
