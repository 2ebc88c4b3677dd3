// Sends the KV events of all instances to those who follow them, over ZeroMQ as vLLM does.
//
//   PUB     [topic, sequence number, batch]           sequence number: 8 bytes, big-endian, from 0
//   ROUTER  [first sequence number] -> [sequence number, batch]…, [-1, ""]      for those who
//   missed
//                                                                               some
//
// Each instance is a publisher of its own, as each rank of a data-parallel vLLM is: instance i
// binds to the port of the endpoint + i. SOURCE surfaces 4.3.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "live/serve/kv_events.h"

namespace blis::live {

struct KvPublisherConfig {
  std::string bind{};     ///< `tcp://HOST:PORT`; "" = none
  std::string connect{};  ///< a follower who binds, instead; "" = none
  std::string replay{};   ///< `tcp://HOST:PORT` for those who missed some; "" = none
  std::string topic = "kv@{pod}@{model}";  ///< {pod}: the instance's name
  std::string model{};
};

class KvPublisher {
 public:
  /// THROWS ConfigError for endpoints that are none, or that cannot be bound to.
  explicit KvPublisher(const KvPublisherConfig& config);
  ~KvPublisher();
  KvPublisher(const KvPublisher&) = delete;
  KvPublisher& operator=(const KvPublisher&) = delete;

  /// A request of these tokens is on its way to the platform, or has ended.
  void add(Ticket ticket, std::shared_ptr<const request::TokenKeys> keys, TokenIds tokens) {
    known_.add(ticket, std::move(keys), std::move(tokens));
  }
  void remove(Ticket ticket) { known_.remove(ticket); }
  /// Sends what has changed on all instances since the last call. Followers that do not keep up
  /// lose batches; nobody is waited for. THROWS ConfigError if a new instance's port is taken.
  void publish(Platform& platform, double epoch_seconds);
  /// Answers those who have asked for old batches. Call it a few times per second.
  void answer_replays();

 private:
  struct Sockets;
  struct Publisher;

  Publisher& publisher_of(const Platform& platform, InstanceId instance);

  KvPublisherConfig config_;
  KnownBlocks known_;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace blis::live
