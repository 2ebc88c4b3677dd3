#include "control/delay.h"

#include <cmath>

namespace blis::control {

Micros sample(const Delay& delay, random::RandomStream& stream) {
  double seconds = delay.mean_s;
  if (delay.stddev_s > 0) {
    seconds = stream.normal() * delay.stddev_s + delay.mean_s;
    if (seconds < 0) seconds = 0;
  }
  if (!std::isfinite(seconds)) seconds = 0;
  return Micros::truncate(seconds * 1e6);
}

}  // namespace blis::control
