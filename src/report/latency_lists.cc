#include "report/latency_lists.h"

#include <algorithm>

namespace blis::report {
namespace {

stats::TickList list_of(const RowList& rows, bool request::Measurements::*has,
                        Micros request::Measurements::*length) {
  stats::TickList list;
  list.reserve(rows.size());
  for (const RequestRow& row : rows) {
    if (row.measured->*has) list.add((row.measured->*length).count());
  }
  return list;
}

std::vector<double> sorted(const RowList& rows, bool request::Measurements::*has,
                           Micros request::Measurements::*length) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const RequestRow& row : rows) {
    if (row.measured->*has) values.push_back(ticks(row.measured->*length));
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

using M = request::Measurements;

std::vector<double> sorted_ttfts(const RowList& rows) {
  return sorted(rows, &M::has_ttft, &M::ttft);
}

std::vector<double> sorted_e2es(const RowList& rows) { return sorted(rows, &M::has_e2e, &M::e2e); }

stats::TickList ttft_list(const RowList& rows) { return list_of(rows, &M::has_ttft, &M::ttft); }

stats::TickList e2e_list(const RowList& rows) { return list_of(rows, &M::has_e2e, &M::e2e); }

stats::TickList scheduling_delay_list(const RowList& rows) {
  return list_of(rows, &M::has_scheduling_delay, &M::scheduling_delay);
}

}  // namespace blis::report
