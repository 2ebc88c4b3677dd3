// How a running request ends well, and what is booked about it then. SOURCE spec engine 6.8, 12.3.
#pragma once

#include <cstdint>

#include "engine/instance_state.h"

namespace blis::engine {

enum class CompletionKind : std::uint8_t { kNotYet, kNormal, kLengthCapped };

/// Whether a request with this progress is done after the step; the normal end comes before the
/// length cap.
CompletionKind completion_kind(const request::Request& r, std::int64_t max_model_len_tokens);

/// Ends the request in the step that starts at `now` and lasts `duration`: last token's KV,
/// release, counters, latencies, listener. Its inter-token latencies (`itl_sum`, `itl_count`) must
/// be final; the caller takes it out of the batch. Completions take effect at the start of their
/// last step [QUIRK, spec engine W1].
void complete(InstanceState& state, RequestId id, CompletionKind kind, Micros now, Micros duration);

/// The prompt is processed: stamps the first token, `token_latency` after `now`.
void emit_first_token(InstanceState& state, request::Request& r, Micros now, Micros token_latency);

}  // namespace blis::engine
