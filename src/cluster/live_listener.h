// What a simulation tells whoever drives it live, event by event: requests that came in, steps that
// were made, requests that ended or were lost. A run to the end needs none of it.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/micros.h"
#include "request/request_source.h"

namespace blis::cluster {

/// Why a request never gets its answer although no instance ended it.
enum class Loss : std::uint8_t {
  kRejected,      ///< by admission
  kQueueFull,     ///< the gateway queue had no room
  kShed,          ///< displaced from the gateway queue by a more important one
  kExpired,       ///< waited in the gateway queue for too long
  kEvicted,       ///< taken off its instance for a more important one
  kInstanceLost,  ///< its instance was dropped
  kNoInstance,    ///< nobody to route it to
  kNoRoomForKv,   ///< the decode instance had no room for its KV
};

class LiveListener {
 public:
  virtual ~LiveListener() = default;
  /// The next request of the source has its id; in the order of the source.
  virtual void on_arrival(RequestId request) = 0;
  /// The instance made a step: see Instance::token_progress() of its running requests.
  virtual void on_step(InstanceId instance) = 0;
  /// A request, or a half of one that was split, ended inside an instance. See
  /// Simulation::origin_of().
  virtual void on_end(RequestId request, request::TerminalOutcome outcome, Micros at) = 0;
  /// A request is gone for another reason, at simulated time `at`.
  virtual void on_loss(RequestId request, Loss loss, Micros at) = 0;
};

}  // namespace blis::cluster
