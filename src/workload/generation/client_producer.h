// One client's requests, one after the other. What kind of client it is stays behind this
// interface.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "random/random_stream.h"
#include "workload/generation/client_rates.h"
#include "workload/generation/produced.h"
#include "workload/generation/request_drawing.h"
#include "workload/generation/traffic.h"

namespace blis::workload {

/// Ordered by arrival, then by order of drawing. Draws only what is needed to know the next
/// arrival.
class ClientProducer {
 public:
  virtual ~ClientProducer() = default;
  /// Arrival of the next request in µs; nullopt when there is none, then for ever.
  /// THROWS ConfigError if a distribution that is built only now cannot be built.
  virtual std::optional<std::int64_t> next_arrival_us() = 0;
  /// The request whose arrival was just told. REQUIRES next_arrival_us() has a value.
  virtual Produced take() = 0;
};

/// How the sessions of one client are drawn: what closed loop keeps, drops, and remembers.
struct SessionTreatment {
  bool discards_later_rounds =
      false;  ///< rounds > 0 only count; the session manager makes the real ones
  bool keeps_keys_of_discarded = false;
  bool remembers_output = false;  ///< some session's next input contains round 0's output
  bool remembers_input_tokens = false;
};

/// Everything that makes one client of a running generation.
struct ProducerSetup {
  DrawingContext* context = nullptr;  ///< outlives the producer, as do the traffic and the prefix
  const TrafficClient* client = nullptr;
  std::uint32_t client_index = 0;
  std::int64_t seed = 0;
  const PrefixTokens* prefix = nullptr;
  SessionTreatment sessions;
};

/// Clients without window overrides. `rate_per_us` > 0. Requests outside sessions: spec
/// workload 10.2, 10.3.
std::unique_ptr<ClientProducer> make_independent_producer(const ProducerSetup& setup,
                                                          double rate_per_us);

/// Multi-turn clients without window overrides: spec workload 10.4-10.6.
std::unique_ptr<ClientProducer> make_session_producer(const ProducerSetup& setup,
                                                      double rate_per_us);

/// Any client with windows, in a workload where some window has an override: spec workload 11.
/// `rates` outlives it.
std::unique_ptr<ClientProducer> make_time_varying_producer(const ProducerSetup& setup,
                                                           WindowRates& rates);

}  // namespace blis::workload
