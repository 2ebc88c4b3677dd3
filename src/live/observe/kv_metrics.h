// The server's KV cache hit rate over the run, from two scrapes of its Prometheus text. SOURCE spec
// traces 8.6.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "trace/trace_header.h"

namespace blis::live {

/// Metric -> sum over all its label sets. `_total` is taken off names, so that both spellings of a
/// counter are one.
using MetricSums = std::map<std::string, double, std::less<>>;

/// Reads the text exposition format; lines that make no sense are passed over. COST O(text).
MetricSums parse_prometheus_text(std::string_view text);

/// What happened between the two scrapes; nullopt if the server has no such counters, did not look
/// anything up, or was restarted in between. In this order: vLLM's tiered offload, its GPU prefix
/// cache, the old hit-rate gauge, the prefix cache's counters under their present names.
std::optional<trace::ObservedKvMetrics> derive_hit_rate(const MetricSums& start,
                                                        const MetricSums& end);

}  // namespace blis::live
