// Where requests come from, as the cluster sees it: a stream of initial requests, and whoever
// answers the end of a request of a session with the next one.
#pragma once

#include <cstdint>
#include <optional>

#include "request/request.h"

namespace blis::request {

/// Initial requests. Pulled lazily; implementations hold no more than they need.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// The next request, or nullopt when there is none (then for ever).
  /// ENSURES  arrivals do not decrease; equal arrivals come in the order in which they are to be
  /// processed.
  virtual std::optional<RequestSpec> next() = 0;
};

/// How a request ended, for those who wait for it.
enum class TerminalOutcome : std::uint8_t {
  kCompleted,  ///< normally or at the length cap
  kTimedOut,
  kDropped,  ///< unservable at an instance; the request never left the wait-queue state
};

/// Told the end of every request that reached an instance. SOURCE spec workload 13.4, engine 9.
class SessionListener {
 public:
  virtual ~SessionListener() = default;
  /// `progress` is the engine's count of input tokens processed plus decode increments; `at` the
  /// tick of the end. Returns the follow-up request, which then arrives at its own arrival time, or
  /// nullopt.
  virtual std::optional<RequestSpec> on_terminal(const RequestSpec& request,
                                                 TerminalOutcome outcome, std::int64_t progress,
                                                 Micros at) = 0;
};

}  // namespace blis::request
