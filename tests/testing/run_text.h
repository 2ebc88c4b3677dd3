// Everything that a run measured, as text to compare two runs by.
#pragma once

#include <fmt/format.h>

#include <string>

#include "cluster/simulation_result.h"
#include "request/request_name.h"

namespace blis::testing {

/// One line per instance, one per request in the order of arrival, then the gateway's counters.
inline std::string text_of(const cluster::SimulationResult& result) {
  std::string text;
  for (const cluster::InstanceResult& i : result.instances) {
    const engine::InstanceMetrics& m = i.metrics;
    text += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", i.name, m.completed_requests,
                        m.total_input_tokens, m.total_output_tokens, m.preemption_count,
                        m.kv_allocation_failures, m.length_capped_requests, m.timed_out_requests,
                        m.steps, m.sim_ended.count(), m.cache_hit_rate, m.wait_queue_sample_sum);
    for (const auto& [value, n] : m.itl.sorted()) text += fmt::format("{}x{} ", value, n);
    for (const auto& [adapter, counts] : i.adapter_counts) {
      text +=
          fmt::format("{}: {}, {} ", result.symbols->text(adapter), counts.loads, counts.evictions);
    }
  }
  for (const RequestId id : result.arrivals) {
    const request::Request& r = (*result.requests)[id];
    const request::Measurements& m = r.measured;
    text += fmt::format("\n{} {} {} {} {} {} {} {} {}",
                        request::format_name(r.spec.name, *result.symbols), m.instance.value(),
                        static_cast<int>(r.state), m.ttft.count(), m.e2e.count(),
                        m.scheduling_delay.count(), m.itl_sum.count(), m.gateway_enqueue.count(),
                        m.gateway_dispatch.count());
  }
  const cluster::GatewayCounters& g = result.gateway;
  text += fmt::format("\n{} {} {} {} {} {} {}", g.rejected, g.routing_rejections, g.queue_depth,
                      g.queue_shed, g.queue_rejected, g.evicted, g.expired);
  if (result.disaggregation) {
    const cluster::DisaggregationResult& d = *result.disaggregation;
    text +=
        fmt::format("\n{} {} {} {} {} {}", d.prefill_completed, d.decode_completed,
                    d.decode_timed_out, d.dropped_at_decode_kv, d.pending_decode, d.parents.size());
  }
  return text;
}

}  // namespace blis::testing
