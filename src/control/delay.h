// A random length of time, as in node start-up, model loading and metric scraping.
#pragma once

#include "base/micros.h"
#include "random/random_stream.h"

namespace blis::control {

/// Normally distributed; what falls below 0 counts as 0, so that a large stddev raises the mean.
struct Delay {
  double mean_s = 0;
  double stddev_s = 0;
};

/// Draws once if stddev > 0, else not at all. Truncates to whole microseconds, so that most decimal
/// fractions lose one. SOURCE spec control-plane 3.
Micros sample(const Delay& delay, random::RandomStream& stream);

}  // namespace blis::control
