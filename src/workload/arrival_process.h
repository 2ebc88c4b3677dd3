// Arrival processes: the time between one arrival of a client and the next.
//
// Every process returns max(1, trunc(value)) µs; the half microsecond lost per gap and the whole
// one that very high rates gain are the reference's [QUIRK, spec workload 25.1 item 9]. To add one:
// arrivals/<name>.cc, a row in arrivals/arrivals.def, a test, a row in docs/workloads.md. SOURCE
// spec workload 7.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/diagnostics.h"
#include "random/random_stream.h"
#include "workload/workload_spec.h"

namespace blis::workload {

/// The gaps of one client, in order.
class ArrivalProcess {
 public:
  virtual ~ArrivalProcess() = default;
  /// µs to the next arrival, at least 1; 0 = there is none, now and for ever.
  virtual std::int64_t next_gap_us(random::RandomStream& stream) = 0;
};

/// `rate_per_us` > 0.
using ArrivalProcessFactory = std::unique_ptr<ArrivalProcess>(const ArrivalSpec& spec,
                                                              double rate_per_us,
                                                              Diagnostics& diagnostics);

struct ArrivalProcessEntry {
  std::string_view name;  ///< `process` of an arrival
  ArrivalProcessFactory* make;
  std::string_view help;
};

std::span<const ArrivalProcessEntry> arrival_process_entries();          ///< all, ascending by name
const ArrivalProcessEntry* find_arrival_process(std::string_view name);  ///< nullptr if unknown

/// The process of `spec` at this rate; rates below 1e-15 per µs count as that. An unknown name
/// (possible only in a window's override, which is not validated) behaves as poisson.
std::unique_ptr<ArrivalProcess> make_arrival_process(const ArrivalSpec& spec, double rate_per_us,
                                                     Diagnostics& diagnostics);

/// The process that an inference-perf description asks for. `seed_source` is the client's stream;
/// one number is drawn from it. THROWS ConfigError if a count or duration is out of range. SOURCE
/// spec workload 7, 18.
std::unique_ptr<ArrivalProcess> make_injected_arrivals(const InjectedArrivals& injected,
                                                       random::RandomStream& seed_source);

/// Exactly `count` gaps that sum to at most `duration_us` (+ count), then exhausted.
/// THROWS ConfigError unless 0 < count <= 10^7 and count <= duration.
std::unique_ptr<ArrivalProcess> make_normalized_exponential(std::int64_t count,
                                                            std::int64_t duration_us,
                                                            random::RandomStream& stream);

/// One gamma variate (Marsaglia-Tsang; for shape < 1 boosted by a power of a uniform that is drawn
/// first).
double draw_gamma(random::RandomStream& stream, double shape, double scale);

/// Weibull shape with this coefficient of variation, by bisection to 0.001; `converged` is false
/// where the interval [0.1, 100] has none (cv 0.01).
double weibull_shape_from_cv(double cv, bool& converged);

}  // namespace blis::workload
