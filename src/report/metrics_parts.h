// Parts of the metrics object that simulated and observed runs share. SOURCE spec engine 14.1-14.4,
// cli 13.1, 14.4.
#pragma once

#include <map>
#include <string>

#include "base/json_writer.h"
#include "report/goodput.h"
#include "stats/histogram.h"
#include "stats/percentile.h"
#include "stats/tick_list.h"

namespace blis::report {

struct LatencyStats {
  double mean_ms = 0, p90_ms = 0, p95_ms = 0, p99_ms = 0;
};

/// Of an ascending list of ticks, or of a sorted histogram that stands for one.
template <typename Values>
LatencyStats latency_stats(const Values& values) {
  return {stats::mean_ms(values), stats::percentile_ms(values, 90),
          stats::percentile_ms(values, 95), stats::percentile_ms(values, 99)};
}

LatencyStats latency_stats(stats::TickList values);

/// `<prefix>_mean_ms`, `…_p90_ms`, `…_p95_ms`, `…_p99_ms`.
void write_latency(JsonWriter& json, const std::string& prefix, const LatencyStats& s);

/// `saturation`: detector -> label; nothing if there are none.
void write_saturation(JsonWriter& json, const std::map<std::string, std::string>& labels);

/// `goodput_rps`, `slo_attainment` (both unless 0) and `per_class`.
void write_goodput(JsonWriter& json, const Goodput& goodput);

}  // namespace blis::report
