#include "latency/adapter_overhead.h"

#include <algorithm>
#include <cmath>

namespace blis::latency {

Micros with_adapter_overhead(Micros base, double factor) {
  if (!std::isfinite(factor) || factor <= 1.0) return base;
  return std::max(Micros(1), Micros::truncate(static_cast<double>(base.count()) * factor));
}

}  // namespace blis::latency
