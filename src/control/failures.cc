#include "control/failures.h"

#include <algorithm>

namespace blis::control {

Micros FailureTimes::draw(double mean_s) {
  return std::max(Micros(1), Micros::truncate(stream_.exponential() * mean_s * 1e6));
}

}  // namespace blis::control
