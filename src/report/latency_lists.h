// The lists that means and percentiles are taken of, ascending.
#pragma once

#include "report/run_summary.h"
#include "stats/tick_list.h"

namespace blis::report {

/// Ticks as the reference's doubles.
inline double ticks(Micros length) { return static_cast<double>(length.count()); }

/// When the request arrived, in seconds.
inline double arrived_at_s(const RequestRow& row) { return ticks(row.spec->arrival) / 1e6; }

/// TTFTs of all rows that have one, completed or not; ticks, ascending.
stats::TickList sorted_ttfts(const RequestRows& rows);
/// E2Es of all rows that have one; ticks, ascending.
stats::TickList sorted_e2es(const RequestRows& rows);
/// Scheduling delays of all rows that have one; ticks, ascending.
stats::TickList sorted_scheduling_delays(const RequestRows& rows);

}  // namespace blis::report
