// The lists that means and percentiles are taken of, ascending.
#pragma once

#include <vector>

#include "report/run_summary.h"
#include "stats/tick_list.h"

namespace blis::report {

/// Ticks as the reference's doubles.
inline double ticks(Micros length) { return static_cast<double>(length.count()); }

/// When the request arrived, in seconds.
inline double arrived_at_s(const RequestRow& row) { return ticks(row.spec->arrival) / 1e6; }

/// TTFTs of all rows that have one, completed or not; ticks, ascending.
std::vector<double> sorted_ttfts(const RowList& rows);
/// E2Es of all rows that have one; ticks, ascending.
std::vector<double> sorted_e2es(const RowList& rows);
/// The same as lists that need no sorting, and scheduling delays of all rows that have one.
stats::TickList ttft_list(const RowList& rows);
stats::TickList e2e_list(const RowList& rows);
stats::TickList scheduling_delay_list(const RowList& rows);

}  // namespace blis::report
