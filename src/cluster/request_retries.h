// Requests that a failure interrupted: who starts over, how often, and who is lost.
//
// A request that starts over is routed anew, past admission and the gateway queue, with its prompt
// and everything that it had generated to be computed again; its latencies still count from its
// arrival. If nobody is there to route it to, that was a try like any other. Who has no try left is
// lost, and a session that it belonged to ends. Law: interruptions + failed tries = retries + lost,
// and every request that was ever interrupted is completed, dropped, timed out or lost in the end,
// unless the run ends before.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>

#include "cluster/event_queue.h"
#include "cluster/gateway_pipeline.h"
#include "control/failures.h"
#include "request/request_source.h"

namespace blis::cluster {

class RequestRetries {
 public:
  /// All references outlive the retries; `sessions` may be nullptr.
  RequestRetries(const control::FailureConfig& config, GatewayPipeline& gateway, EventQueue& events,
                 request::RequestTable& requests, request::SessionListener* sessions)
      : config_(config),
        gateway_(gateway),
        events_(events),
        requests_(requests),
        sessions_(sessions) {}

  /// A failure took the request off its instance, or off both of a split one.
  void interrupt(RequestId request, Micros clock);
  /// A request is to be routed and there is nobody to route it to. False if it never was
  /// interrupted: then it is not ours.
  bool find_nobody(RequestId request, Micros clock);

  /// The request has come to its end, and nobody will ask for it again.
  void forget(RequestId request) { tries_.erase(request); }

  std::int64_t interrupted() const { return interrupted_; }
  std::int64_t retries() const { return retries_; }
  std::int64_t lost() const { return lost_; }

 private:
  /// Lets the request try again, or loses it.
  void try_again(RequestId request, Micros clock);
  void lose(RequestId request, Micros clock);

  const control::FailureConfig& config_;
  GatewayPipeline& gateway_;
  EventQueue& events_;
  request::RequestTable& requests_;
  request::SessionListener* sessions_;
  absl::flat_hash_map<RequestId, std::int64_t>
      tries_;  // of those that were interrupted and neither lost nor forgotten
  std::int64_t interrupted_ = 0;
  std::int64_t retries_ = 0;
  std::int64_t lost_ = 0;
};

}  // namespace blis::cluster
