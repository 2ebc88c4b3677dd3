// What one instance counts and samples while it runs. SOURCE spec engine 12, 13.
#pragma once

#include <cstdint>
#include <optional>

#include "base/micros.h"
#include "engine/speculation.h"
#include "stats/histogram.h"

namespace blis::engine {

struct InstanceMetrics {
  std::int64_t completed_requests = 0;
  std::int64_t total_input_tokens = 0;       ///< of every request that passed the enqueue guards
  std::int64_t total_output_tokens = 0;      ///< of completed requests
  std::int64_t processed_prompt_tokens = 0;  ///< in steps so far, repeated ones included
  std::int64_t emitted_tokens = 0;  ///< in steps so far, of answers that were lost later included
  std::int64_t preemption_count = 0;
  std::int64_t kv_allocation_failures = 0;
  std::int64_t dropped_unservable = 0;
  std::int64_t length_capped_requests = 0;
  std::int64_t timed_out_requests = 0;
  std::int64_t steps = 0;
  std::int64_t peak_kv_blocks = 0;
  double kv_block_time_integral = 0;  ///< sum of used blocks x step duration
  stats::Histogram itl;               ///< inter-token latencies of completed requests, ticks
  std::int64_t wait_queue_sample_sum =
      0;  ///< one sample of the wait-queue length per step; the count is `steps`

  // Set when the run ends.
  std::int64_t still_queued = 0;
  std::int64_t still_running = 0;
  Micros sim_ended;
  double cache_hit_rate = 0;
  double kv_thrashing_rate = 0;
  std::optional<SpeculationCounts> speculation{};  ///< only if it was on
};

}  // namespace blis::engine
