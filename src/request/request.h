// request: what a request is: who sent it, how long it is, which KV blocks its tokens would fill,
// and where it stands.
//
// Tokens themselves are never kept. When a request is generated its tokens are drawn (the streams
// must stay aligned) and folded into the keys of the KV blocks that they fill; lengths and keys are
// all that the rest of the program sees. A RequestSpec is what generation fixes; a Request is one
// row of the run's table (request_table.h), with the state that the engine changes and the times
// that it measures. Knows nothing of instances, queues or policies. SOURCE spec engine 3, 12;
// workload 14.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/micros.h"
#include "base/symbol_table.h"
#include "request/block_keys.h"
#include "request/request_name.h"

namespace blis::request {

/// SOURCE spec engine 3.1.
enum class RequestState : std::uint8_t {
  kQueued,
  kRunning,
  kCompleted,
  kTimedOut,
  kWaitingForRemoteKvs,
};

/// A request as its source made it. Times are absolute. SOURCE spec engine 3.2, workload 14,
/// traces 7.1.
struct RequestSpec {
  RequestName name;
  Micros arrival;
  Micros deadline;    ///< 0 = none [the reference's "unset"]
  Micros slo_target;  ///< TTFT target of its own, 0 = none
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;      ///< oracle: never read before admission to a batch
  std::int64_t max_output_tokens = 0;  ///< 0 = unset; checked at enqueue only
  std::shared_ptr<const TokenKeys> keys;

  Symbol client = SymbolTable::empty();
  Symbol tenant = SymbolTable::empty();
  Symbol slo_class = SymbolTable::empty();
  Symbol model = SymbolTable::empty();
  Symbol adapter = SymbolTable::empty();
  Symbol session = SymbolTable::empty();
  Symbol prefix_group = SymbolTable::empty();
  std::int32_t round_index = 0;
  std::int64_t prefix_tokens =
      0;  ///< as carried into traces; may be 0 although the input has a shared prefix
  std::int64_t text_tokens = 0;
  std::int64_t image_tokens = 0;
  std::int64_t audio_tokens = 0;
  std::int64_t video_tokens = 0;
  double reason_ratio = 0;
  bool streaming = false;
};

/// What was measured about one request, in ticks, for the reports. "has" flags say which values
/// exist.
struct Measurements {
  Micros ttft;  ///< arrival to first token (overwritten by a re-prefill)
  Micros e2e;
  Micros scheduling_delay;  ///< last admission to a batch - arrival
  Micros completion_time;   ///< e2e + arrival
  double itl_mean_us = 0;
  Micros itl_sum;              ///< of the entries recorded so far
  Micros itl_first;            ///< the first of them; meaningful if itl_count > 0
  std::int64_t itl_count = 0;  ///< entries recorded so far; preemption clears both
  Micros gateway_enqueue;  ///< 0 = never queued [the reference's "unset", spec data-plane W-B13]
  Micros gateway_dispatch;
  InstanceId instance;      ///< where it was injected, none if nowhere
  bool registered = false;  ///< has a metrics row: injected into an instance and not dropped there
  bool has_ttft = false;
  bool has_e2e = false;
  bool has_itl_mean = false;
  bool has_scheduling_delay = false;
  bool length_capped = false;
};

/// One row of the table: what it is, where it stands, what was measured.
struct Request {
  RequestSpec spec;

  RequestState state = RequestState::kQueued;
  bool ttft_set = false;  ///< the current attempt has produced its first token
  bool is_decode_sub_request = false;
  bool adapter_pinned = false;
  bool redirected = false;
  std::int64_t progress = 0;         ///< P: input tokens processed + decode increments
  std::int64_t step_tokens = 0;      ///< granted in the current step
  std::int64_t computed_tokens = 0;  ///< tokens whose KV exists after the current step
  Micros first_token;                ///< F: duration from arrival
  std::int64_t priority = 0;         ///< engine sense: lower is more urgent
  std::int64_t scheduled_step = 0;
  std::int64_t finished_step = 0;

  Measurements measured;
};

}  // namespace blis::request
