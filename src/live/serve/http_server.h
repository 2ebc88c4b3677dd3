// The network side of `blis serve`: HTTP/1.1 on one thread around one Platform.
//
// A connection is read, its request handed to Service, and the answer written as tokens come due.
// Text of a stream is made when the socket takes more, so a slow client costs no memory. When a
// client goes away, its request is taken out of the platform.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "live/serve/faults.h"
#include "live/serve/kv_publisher.h"
#include "live/serve/metrics.h"
#include "live/serve/platform.h"
#include "live/serve/service.h"

namespace blis::live {

struct HttpServerConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0 = any free one
  double speedup = 1;         ///< simulated seconds per second
  std::size_t max_body_bytes = 10 << 20;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_connections = 20'000;
  std::chrono::seconds idle_timeout{75};     ///< between two requests
  std::chrono::seconds request_timeout{30};  ///< from its first byte to its last
  std::chrono::seconds write_timeout{60};    ///< for a client that takes nothing
  std::chrono::seconds drain_timeout{30};    ///< for answers under way at the end
  FaultPlan faults{};
};

/// A server that has begun to listen.
struct Listening {
  std::uint16_t port = 0;
  /// What SIGTERM does. May be called from any thread while serve() runs.
  std::function<void()> stop;
};

/// Binds, serves until SIGINT or SIGTERM, then finishes the answers under way, for as long as
/// drain_timeout; a second signal ends it at once. `kv_events` may be nullptr; otherwise the
/// service keeps token ids and the platform records changes of its caches. THROWS ConfigError if it
/// cannot bind.
void serve(const HttpServerConfig& config, const Service& service, const Tokenizer& tokenizer,
           Platform& platform, ServeMetrics& metrics, KvPublisher* kv_events,
           const std::function<void(const Listening&)>& on_listening);

}  // namespace blis::live
