// A gap in real µs as the whole number that the clock advances by.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/number_text.h"

namespace blis::workload {

inline std::int64_t whole_gap_us(double gap_us) {
  return std::max<std::int64_t>(1, truncate_to_int64(gap_us));
}

}  // namespace blis::workload
