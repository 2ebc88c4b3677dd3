// One pre-generated multi-turn session: all its rounds are drawn when it starts.
#pragma once

#include <cstdint>
#include <vector>

#include "workload/generation/client_producer.h"

namespace blis::workload {

/// Which rounds of a session exist, and how they are labelled.
struct SessionLimits {
  std::int64_t cutoff_us = 0;      ///< the first round at or after it ends the session
  bool only_active_rounds = true;  ///< rounds outside the client's windows are left out
  bool has_slo_target = true;      ///< the time-varying path forgets it [QUIRK, spec 25.1 item 2]
};

/// Draws session id, then for each of all `max_rounds` rounds input length, output length, input
/// tokens, output tokens and reason ratio, in this order, and returns the rounds that exist, in
/// round order. Round k+1 arrives think time plus one µs per output token after round k. SOURCE
/// spec workload 10.4.
std::vector<Produced> draw_session(const ProducerSetup& setup, random::RandomStream& stream,
                                   LengthSampler& input_length, LengthSampler& output_length,
                                   std::int64_t start_us, const SessionLimits& limits);

}  // namespace blis::workload
