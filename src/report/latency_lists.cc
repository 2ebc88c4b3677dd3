#include "report/latency_lists.h"

namespace blis::report {
namespace {

using request::Measurements;

stats::TickList sorted(const RequestRows& rows, bool Measurements::*has,
                       Micros Measurements::*value) {
  stats::TickList ticks;
  ticks.reserve(rows.size());
  for (const RequestRow& row : rows) {
    if (row.measured->*has) ticks.add((row.measured->*value).count());
  }
  ticks.sort();
  return ticks;
}

}  // namespace

stats::TickList sorted_ttfts(const RequestRows& rows) {
  return sorted(rows, &Measurements::has_ttft, &Measurements::ttft);
}

stats::TickList sorted_e2es(const RequestRows& rows) {
  return sorted(rows, &Measurements::has_e2e, &Measurements::e2e);
}

stats::TickList sorted_scheduling_delays(const RequestRows& rows) {
  return sorted(rows, &Measurements::has_scheduling_delay, &Measurements::scheduling_delay);
}

}  // namespace blis::report
