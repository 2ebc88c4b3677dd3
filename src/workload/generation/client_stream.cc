#include "workload/generation/client_stream.h"

namespace blis::workload {

ClientArrivals::ClientArrivals(const ProducerSetup& setup, double rate_per_us)
    : activity_(*setup.client->activity),
      horizon_us_(setup.context->horizon_us),
      cap_(setup.context->client_cap),
      stream_(setup.seed) {
  const ClientSpec& spec = *setup.client->spec;
  process_ = spec.injected_arrivals
                 ? make_injected_arrivals(*spec.injected_arrivals, stream_)
                 : make_arrival_process(spec.arrival, rate_per_us, *setup.context->diagnostics);
}

std::optional<std::int64_t> ClientArrivals::next_active_us(std::int64_t built) {
  while (!exhausted_ && clock_us_ < horizon_us_ && (cap_ == 0 || built < cap_)) {
    const std::int64_t gap_us = next_gap_us();
    if (gap_us == 0) break;
    // A gap near 2^63 must not wrap around into the past.
    if (gap_us >= horizon_us_ - clock_us_) break;
    clock_us_ += gap_us;
    if (activity_.is_always() || activity_.is_active(clock_us_)) return clock_us_;
    if (clock_us_ >= activity_.last_end_us()) break;
  }
  exhausted_ = true;
  return std::nullopt;
}

}  // namespace blis::workload
