// Goodput targets: what a request of a class must meet to count as good. They come from flags, from
// a trace header or from a workload spec, and travel in trace headers. SOURCE spec cli 15.1-15.2,
// data-plane 17.6.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "workload/workload_spec.h"

namespace blis::trace {

/// Thresholds of one class in ms; 0 (and anything below) = this dimension does not gate.
using GoodputTarget = workload::GoodputTarget;

/// By class; requests without a class belong to `default`.
using GoodputTargets = std::map<std::string, GoodputTarget>;

/// What the three flags say, class -> ms. An empty map: the flag was empty or not given.
struct GoodputFlags {
  std::map<std::string, double> ttft_ms{};
  std::map<std::string, double> itl_ms{};
  std::map<std::string, double> e2e_ms{};
};

/// Reads `class=duration,…` into class -> ms; the last of equal classes wins, blank text is an
/// empty map. THROWS ConfigError naming `flag` (`--slo-ttft`) and the item: an empty item, no `=`,
/// no class, a duration that cannot be read or is not above 0.
std::map<std::string, double> parse_goodput_flag(std::string_view flag, std::string_view text);

/// Per class and dimension: the flags over the header's values above 0 over the workload spec's.
/// Classes whose three values are all 0 are left out; nothing left means that goodput is off.
GoodputTargets merge_goodput_targets(const GoodputTargets& workload_spec,
                                     const GoodputTargets& trace_header, const GoodputFlags& flags);

}  // namespace blis::trace
