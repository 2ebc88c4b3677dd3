// What breaks, how often, and for how long.
//
//   time to failure ~ Exp(mean mtbf)        time to repair ~ Exp(mean mttr)          [s]
//
// independently for every GPU, node and instance; the clock of a component starts when it comes
// into service and again when it is repaired. The exponential law has no memory: old hardware fails
// as often as new. An extension; the reference knows no failures (spec control-plane 14.2).
//
// NOT MODELLED  failures that come together (a rack, a switch), infant mortality and wear, silent
// errors and slow GPUs.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/micros.h"
#include "random/random_stream.h"

namespace blis::control {

struct FailureClock {
  double mtbf_s = 0;  ///< mean time between failures of one component, in service; 0 = never
  double mttr_s = 0;  ///< mean time to repair; 0 = at once
};

struct FailureConfig {
  FailureClock gpu;       ///< takes the instance on it along, which needs other GPUs
  FailureClock node;      ///< takes all its instances along, which need another node
  FailureClock instance;  ///< the process dies, and starts again on the same GPUs
  /// Times that a request which a failure interrupted starts over; 0 = it is lost at once.
  std::int64_t max_retries = 0;
  Micros retry_delay;  ///< from the failure to the next attempt

  bool any() const { return gpu.mtbf_s > 0 || node.mtbf_s > 0 || instance.mtbf_s > 0; }
};

/// Draws the times of one kind of component from a stream of its own, so that one kind's setting
/// does not move the others' failures. REQUIRES mtbf_s > 0.
class FailureTimes {
 public:
  FailureTimes(const FailureClock& clock, std::int64_t seed, std::string_view stream)
      : clock_(clock), stream_(random::stream_seed(seed, stream)) {}

  /// Until a component that is in service fails; at least 1 µs. Draws once.
  Micros next_failure() { return draw(clock_.mtbf_s); }
  /// Until a component that failed is in service again; at least 1 µs. Draws once if mttr_s > 0,
  /// else not at all.
  Micros next_repair() { return clock_.mttr_s > 0 ? draw(clock_.mttr_s) : Micros(1); }

 private:
  Micros draw(double mean_s);

  FailureClock clock_;
  random::RandomStream stream_;
};

}  // namespace blis::control
