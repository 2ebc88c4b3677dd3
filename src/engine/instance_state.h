// What an instance consists of, shared by its event handling (instance.cc) and its steppers.
// Internal to this folder.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/adapter_cache.h"
#include "engine/instance_config.h"
#include "engine/instance_listener.h"
#include "engine/instance_metrics.h"
#include "engine/preemption_policy.h"
#include "engine/running_batch.h"
#include "engine/scheduler.h"
#include "engine/slo_priority.h"
#include "engine/timer_heap.h"
#include "engine/wait_queue.h"
#include "kv/kv_store.h"
#include "latency/latency_model.h"
#include "request/request_table.h"

namespace blis::engine {

struct InstanceState {
  InstanceState(const InstanceConfig& config_in, const latency::LatencyModel& latency_in,
                std::unique_ptr<kv::KvStore> kv_in, const SloPriorities& priorities_in,
                request::RequestTable& requests_in, const SymbolTable& symbols_in,
                InstanceListener& listener_in);

  InstanceConfig config;
  const latency::LatencyModel& latency;
  std::unique_ptr<kv::KvStore> kv;
  const SloPriorities& priorities;
  request::RequestTable& requests;
  const SymbolTable& symbols;
  InstanceListener& listener;
  std::unique_ptr<Scheduler> scheduler;
  std::unique_ptr<PreemptionPolicy> preemption;
  Micros output_token_time;     ///< per-token post-processing, part of every ITL and of TTFT
  Micros post_decode_overhead;  ///< part of the E2E of a request with output

  std::optional<AdapterCache> adapters;    ///< absent: adapters cost nothing
  std::optional<Speculation> speculation;  ///< absent: a decode makes one token per step

  Micros clock;  ///< time of the last executed event
  WaitQueue waiting;
  RunningBatch running;
  /// The running list is absent, not merely empty: a step then does nothing if the queue is empty
  /// too. A new instance starts with a present, empty list (spec engine 6.1).
  bool running_is_absent = false;
  Micros busy_until;  ///< no step may begin before; stays 0 unless config.step_effects_at_end

  // Pending events. Queued events keep the order of their arrivals among equals; at most one step
  // is pending.
  TimerHeap arrivals;                  ///< priority 0
  TimerHeap enqueues;                  ///< priority 1: arrival + queueing time
  std::optional<Micros> pending_step;  ///< priority 3
  std::deque<Micros> departures;  ///< priority 5: ends of steps in which requests left, ascending;
                                  ///< only move the clock
  TimerHeap deadlines;            ///< priority 6

  // The last time at which a request came or went, or an adapter was loaded.
  std::int64_t steps_at_last_change = 0;
  std::int64_t preemptions_at_last_change = 0;
  std::int64_t steps_at_last_preemption = 0;
  // The last step without a batch in which a lower KV tier did something.
  std::int64_t tier_activity = 0;
  std::int64_t steps_at_last_tier_activity = 0;

  InstanceMetrics metrics;
  std::vector<RequestId> rows;

  kv::KvClient kv_client(RequestId request) const {
    const request::Request& r = requests[request];
    return {request,    r.spec.input_tokens, r.spec.output_tokens,
            r.progress, r.spec.keys.get(),   r.is_decode_sub_request};
  }
  /// The request is about to give its blocks back, and will look for them when it returns.
  void publish_private_blocks(RequestId request);
  /// Duration of a step with this batch and these adapters (duplicates and "" allowed), including
  /// KV that had to be reloaded for it; at least 1 µs. Books the tokens of the batch: called once
  /// per step.
  Micros step_duration(const latency::StepBatch& batch, std::span<const Symbol> adapters_used);
  /// Samples the cache after a step of this length.
  void sample_kv_usage(Micros duration) {
    const std::int64_t used = kv->used_blocks();
    metrics.peak_kv_blocks = std::max(metrics.peak_kv_blocks, used);
    metrics.kv_block_time_integral +=
        static_cast<double>(used) * static_cast<double>(duration.count());
  }
  /// The end of every step, at `end`: the next one follows at once while somebody runs, else if
  /// somebody waits. While an adapter is loaded for them, they wait for the end of the load.
  void schedule_next_step(Micros end) {
    pending_step.reset();
    running_is_absent = running.empty();
    if (running_is_absent) {
      if (config.step_effects_at_end) busy_until = end;
      note_tier_activity();
      if (!adapters || !adapters->is_loading()) step_if_idle(end);
    } else {
      pending_step = end;
    }
  }
  /// Schedules a step at `at`, or as soon as the instance is free, if none is pending and somebody
  /// waits.
  void step_if_idle(Micros at) {
    if (!pending_step && !waiting.empty()) pending_step = std::max(at, busy_until);
  }
  /// A request leaves at `end`. Not always later than those before: when everybody has left, the
  /// next step need not wait for the end of the last one, and may be shorter.
  void note_departure(Micros end) {
    const auto at = std::lower_bound(departures.begin(), departures.end(), end);
    if (at == departures.end() || *at != end) departures.insert(at, end);
  }
  void note_change() {
    steps_at_last_change = metrics.steps;
    preemptions_at_last_change = metrics.preemption_count;
  }
  void note_tier_activity() {
    const std::int64_t activity = kv->tier_activity();
    if (activity == tier_activity) return;
    tier_activity = activity;
    steps_at_last_tier_activity = metrics.steps;
  }
  void arm_deadline(RequestId request) {
    const Micros deadline = requests[request].spec.deadline;
    if (deadline > Micros() && deadline <= config.horizon) deadlines.push(deadline, request);
  }

  // LoRA adapters; all of this is void while `adapters` is absent. SOURCE spec engine 11.

  /// Before each step's batch is formed: starts to load what the first waiting request lacks.
  void load_adapter_of_head(Micros now);
  /// Whether the request must wait for its adapter. The decode half of a disaggregated request
  /// never does.
  bool lacks_adapter(const request::Request& r) const {
    return adapters && !r.is_decode_sub_request && r.spec.adapter != SymbolTable::empty() &&
           !adapters->is_resident(r.spec.adapter);
  }
  /// The request joins the batch. Its pin outlives preemption, so it is pinned only once.
  void hold_adapter(request::Request& r);
  /// The request has come to its end.
  void let_adapter_go(request::Request& r);
  /// The adapters of the running requests that were granted tokens in this step, from the requests'
  /// own fields. COST O(running) with adapters.
  std::vector<Symbol> granted_adapters() const;
};

}  // namespace blis::engine
