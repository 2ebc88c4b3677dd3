// What the connections of a server share: its clock, its platform, and who waits for which answer.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "live/serve/http_server.h"

namespace blis::live {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

class Connection;

/// Everything that the connections share.
struct ServeLoop {
  ServeLoop(const HttpServerConfig& config_in, const Service& service_in,
            const Tokenizer& tokenizer_in, Platform& platform_in, ServeMetrics& metrics_in,
            KvPublisher* kv_events_in)
      : config(config_in),
        service(service_in),
        tokenizer(tokenizer_in),
        platform(platform_in),
        metrics(metrics_in),
        kv_events(kv_events_in),
        acceptor(io),
        accept_pause(io),
        tick(io),
        replay_tick(io),
        drain_timer(io),
        signals(io, SIGINT, SIGTERM) {}

  struct Waiter {
    std::weak_ptr<Connection> connection;
    std::size_t choice = 0;
  };

  Micros now() const {
    const std::chrono::duration<double, std::micro> elapsed = SteadyClock::now() - started;
    return Micros::truncate(elapsed.count() * config.speedup);
  }
  /// When something at this simulated time happens, in microseconds since the Unix epoch.
  std::int64_t epoch_us(Micros at) const {
    return started_epoch_us +
           static_cast<std::int64_t>(static_cast<double>(at.count()) / config.speedup);
  }
  double epoch_seconds() const { return static_cast<double>(epoch_us(now())) / 1e6; }
  void listen();
  void accept();
  void await_signals();
  void drain();
  /// Brings the platform to the present, hands out what is due, and sleeps until something is.
  void pump();
  void schedule_pump();
  void answer_replays();
  void forget(Connection* connection);

  const HttpServerConfig& config;
  const Service& service;
  const Tokenizer& tokenizer;
  Platform& platform;
  ServeMetrics& metrics;
  KvPublisher* kv_events;  // nullptr: nobody follows the caches
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause;
  asio::steady_timer tick;
  asio::steady_timer replay_tick;
  asio::steady_timer drain_timer;
  asio::signal_set signals;
  SteadyClock::time_point started = SteadyClock::now();
  std::int64_t started_epoch_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                      std::chrono::system_clock::now().time_since_epoch())
                                      .count();
  absl::flat_hash_map<Ticket, Waiter> waiters;
  absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections;
  std::vector<std::pair<std::shared_ptr<Connection>, Micros>> with_news;  // since when
  std::string scratch;  // for a connection while it writes
  std::size_t drops_done = 0;
  std::uint64_t answers = 0;
  bool is_draining = false;
};

}  // namespace blis::live
