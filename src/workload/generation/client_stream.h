// The random stream of one client and the arrivals drawn from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "random/random_stream.h"
#include "workload/arrival_process.h"
#include "workload/generation/client_producer.h"

namespace blis::workload {

/// Accumulates gaps into arrival times and skips those outside the client's windows, which cost
/// their gap's draw only. SOURCE spec workload 10.2.
class ClientArrivals {
 public:
  ClientArrivals(const ProducerSetup& setup, double rate_per_us);

  random::RandomStream& stream() { return stream_; }
  std::int64_t next_gap_us() { return process_->next_gap_us(stream_); }

  /// The next arrival before the horizon at which the client is active; nullopt from then on when
  /// there is none, or when `built` requests have reached the client's cap.
  std::optional<std::int64_t> next_active_us(std::int64_t built);
  /// The clock: the last arrival drawn.
  std::int64_t clock_us() const { return clock_us_; }

 private:
  const Activity& activity_;
  std::int64_t horizon_us_;
  std::int64_t cap_;
  random::RandomStream stream_;
  std::unique_ptr<ArrivalProcess> process_;
  std::int64_t clock_us_ = 0;
  bool exhausted_ = false;
};

}  // namespace blis::workload
