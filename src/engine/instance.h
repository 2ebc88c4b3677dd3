// One model-server instance.
//
// The owner drives it: it asks for next_event_time() and calls process_next_event() when that time
// is the earliest in the cluster. Between events it may inject requests and read the queue and
// cache. A step happens at one instant: its batch, its completions and its releases are all visible
// at the step's start, although the clock of the next step lies step-time later (spec engine 6
// [QUIRK]).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "engine/instance_config.h"
#include "engine/instance_metrics.h"
#include "engine/instance_state.h"
#include "engine/slo_priority.h"
#include "engine/stepper.h"
#include "kv/kv_store.h"
#include "latency/latency_model.h"
#include "request/request_table.h"

namespace blis::engine {

/// Outcome counts whose growth the cluster watches (spec data-plane 4.4).
struct TerminalCounts {
  std::int64_t completed = 0;
  std::int64_t dropped = 0;
  std::int64_t timed_out = 0;
  std::int64_t total() const { return completed + dropped + timed_out; }
};

class Instance {
 public:
  /// `requests`, `symbols`, `latency`, `priorities` and `listener` outlive the instance.
  Instance(InstanceId id, const InstanceConfig& config, const latency::LatencyModel& latency,
           std::unique_ptr<kv::KvStore> kv, const SloPriorities& priorities,
           request::RequestTable& requests, const SymbolTable& symbols, InstanceListener& listener);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  InstanceId id() const { return id_; }

  // --- driving
  // -----------------------------------------------------------------------------------------------------
  /// Time of the earliest pending event; Micros::max() if there is none.
  Micros next_event_time() const;
  /// Executes the earliest event. Returns false if it was the deadline of a request that had
  /// completed already: such an event is discarded and does not move the instance's clock.
  bool process_next_event();
  /// Whether process_next_event() would only discard such a deadline.
  bool next_event_is_void() const;
  /// Takes the final samples: what is still queued and running, end time, cache rates.
  void finalize();

  // --- requests
  // ----------------------------------------------------------------------------------------------------
  /// The request arrives at `at` (>= its own arrival time) and gets a metrics row.
  void inject(RequestId request, Micros at);
  /// Decode half of a disaggregated request: enters the wait queue at once, without the enqueue
  /// guards.
  void enqueue_decode_sub_request(RequestId request, Micros cluster_time);
  /// Takes blocks for the whole input of a request whose KV is about to be transferred here; on
  /// success progress := input.
  [[nodiscard]] bool reserve_transferred_kv(RequestId request);
  void release_kv(RequestId request);
  /// Removes the request from queue or batch (gateway eviction). False if it is in neither.
  bool evict(RequestId request, Micros at);
  /// As evict(), also if the request is still on its way to the queue; its row counts no more.
  bool abort(RequestId request, Micros at);
  /// The instance dies: whoever is here, running, waiting or on the way to the queue, is returned
  /// in this order, has no row here any more, and is as if no instance had seen it. Nothing is
  /// pending afterwards and no block is held. COST O(rows + requests here).
  std::vector<RequestId> crash();
  /// Takes those out of the wait queue that have never run here and returns them in order, as if no
  /// instance had seen them; what they were counted in here they are not any more. Preempted
  /// requests and decode halves, whose KV is here, stay. COST O(rows + waiting + deadlines).
  std::vector<RequestId> return_unscheduled();
  /// Empties the wait queue and returns it in order.
  std::vector<RequestId> drain_wait_queue();

  // --- signals
  // -----------------------------------------------------------------------------------------------------
  std::int64_t queue_depth() const { return static_cast<std::int64_t>(s_.waiting.size()); }
  std::int64_t batch_size() const { return static_cast<std::int64_t>(s_.running.size()); }
  const kv::KvStore& kv() const { return *s_.kv; }
  kv::KvStore& kv() { return *s_.kv; }
  std::int64_t preemption_count() const { return s_.metrics.preemption_count; }
  std::int64_t max_num_seqs() const { return s_.config.max_num_seqs; }
  std::int64_t max_model_len_tokens() const {
    return s_.config.max_model_len_tokens;
  }  ///< 0 = none
  /// Resident LoRA adapters, least recently used first; empty without adapters.
  std::span<const Symbol> resident_adapters() const {
    return s_.adapters ? s_.adapters->resident() : std::span<const Symbol>();
  }
  bool is_idle() const { return queue_depth() == 0 && batch_size() == 0; }
  /// Nothing is here or on its way, and nothing is pending but deadlines of requests that have
  /// ended.
  bool is_at_rest() const {
    return is_idle() && !s_.pending_step && s_.arrivals.empty() && s_.enqueues.empty() &&
           s_.departures.empty() && !is_loading_adapter();
  }

  // --- standstill
  // --------------------------------------------------------------------------------------------------
  /// Steps since a request last came or went, or an adapter was loaded.
  std::int64_t idle_steps() const { return s_.metrics.steps - s_.steps_at_last_change; }
  /// Whether the idle steps may have led nowhere: nobody runs although somebody waits, or somebody
  /// was preempted in them. (A batch that runs undisturbed gets ahead, however long its answers.)
  bool stands_still() const;
  /// Nothing but steps is going to happen here, unless somebody else causes it.
  bool only_steps_are_pending() const;
  /// The next step will do what the last one did, nothing, and so on: nobody runs, nobody could be
  /// admitted, and neither time nor an event will change that, unless somebody else causes one.
  bool steps_repeat_for_ever() const;
  bool has_pending_step() const { return s_.pending_step.has_value(); }
  bool is_loading_adapter() const { return s_.adapters && s_.adapters->is_loading(); }
  std::span<const RequestId> running_requests() const { return s_.running.ids(); }
  std::vector<RequestId> waiting_requests() const;  ///< front first

  // --- live
  // --------------------------------------------------------------------------------------------------
  /// Where a request that runs here, or ended in the last step, stands. COST O(1).
  TokenProgress token_progress(RequestId request) const {
    return stepper_->token_progress(s_.requests[request], request);
  }

  // --- results
  // -----------------------------------------------------------------------------------------------------
  Micros clock() const { return s_.clock; }
  TerminalCounts terminal_counts() const {
    return {s_.metrics.completed_requests, s_.metrics.dropped_unservable,
            s_.metrics.timed_out_requests};
  }
  const InstanceMetrics& metrics() const { return s_.metrics; }
  /// LoRA adapters that were loaded or evicted here.
  std::map<Symbol, AdapterCounts> adapter_counts() const {
    return s_.adapters ? s_.adapters->counts() : std::map<Symbol, AdapterCounts>();
  }
  /// Requests with a metrics row here, in order of injection; dropped ones included (their row says
  /// so).
  std::span<const RequestId> rows() const { return s_.rows; }
  /// The same for good: rows() is empty afterwards.
  std::vector<RequestId> take_rows() { return std::move(s_.rows); }
  Micros post_decode_overhead() const { return s_.post_decode_overhead; }

 private:
  void enqueue(RequestId request);
  void drop(RequestId request);
  void time_out(RequestId request, Micros at);
  /// Takes the request out of the batch, which becomes absent when it empties. False if it is not
  /// in it.
  bool leave_batch(RequestId request);
  void register_row(RequestId request);

  InstanceId id_;
  InstanceState s_;
  std::unique_ptr<Stepper> stepper_;
};

}  // namespace blis::engine
