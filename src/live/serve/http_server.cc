#include "live/serve/http_server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "live/serve/connection.h"
#include "live/serve/serve_loop.h"

namespace blis::live {

// ------------------------------------------------------------------------------------------------
// server

void ServeLoop::listen() {
  error_code error;
  const auto address = asio::ip::make_address(config.host, error);
  if (error) {
    throw ConfigError({.file = "", .line = 0, .key = "--host"},
                      fmt::format("\"{}\" is not an IP address", config.host));
  }
  const tcp::endpoint endpoint(address, config.port);
  const auto check = [&](const char* what) {
    if (!error) return;
    throw ConfigError(
        {.file = "", .line = 0, .key = "--port"},
        fmt::format("cannot {} {}:{}: {}", what, config.host, config.port, error.message()));
  };
  acceptor.open(endpoint.protocol(), error);
  check("open a socket for");
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  check("bind to");
  acceptor.listen(4096, error);
  check("listen on");
}

void ServeLoop::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || is_draining) return;
    if (error) {
      // Out of descriptors, most likely: try again when some may have been given back.
      accept_pause.expires_after(std::chrono::milliseconds(100));
      accept_pause.async_wait([this](error_code) {
        if (!is_draining) accept();
      });
      return;
    }
    // Above the limit the connection is closed at once, which a client sees as a refusal.
    if (connections.size() < config.max_connections) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const auto connection = std::make_shared<Connection>(*this, std::move(socket));
      connections.emplace(connection.get(), connection);
      connection->start();
    }
    accept();
  });
}

void ServeLoop::await_signals() {
  signals.async_wait([this](error_code error, int) {
    if (error) return;
    if (is_draining) {
      io.stop();
      return;
    }
    await_signals();
    drain();
  });
}

void ServeLoop::drain() {
  if (std::exchange(is_draining, true)) return;
  error_code ignored;
  acceptor.close(ignored);
  accept_pause.cancel();
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : connections) all.push_back(connection);
  for (const auto& connection : all) connection->close_if_idle();
  if (connections.empty()) return io.stop();
  drain_timer.expires_after(config.drain_timeout);
  drain_timer.async_wait([this](error_code error) {
    if (!error) io.stop();
  });
}

void ServeLoop::forget(Connection* connection) {
  connections.erase(connection);
  if (is_draining && connections.empty()) io.stop();
}

void ServeLoop::pump() {
  const Micros present = now();
  const std::vector<InstanceDrop>& drops = config.faults.drops();
  for (; drops_done < drops.size() && drops[drops_done].at <= present; ++drops_done) {
    platform.advance(drops[drops_done].at);
    platform.drop_instance(InstanceId(static_cast<std::size_t>(drops[drops_done].instance)));
  }
  platform.advance(present);
  if (kv_events != nullptr) kv_events->publish(platform, epoch_seconds());
  for (const Platform::Step& step : platform.take_steps()) metrics.count_step(step);
  while (const std::optional<Notice> notice = platform.next_notice(present)) {
    metrics.count_notice(*notice);
    const auto found = waiters.find(notice->ticket);
    if (found == waiters.end()) continue;
    const std::shared_ptr<Connection> connection = found->second.connection.lock();
    const std::size_t choice = found->second.choice;
    if (notice->ended) {
      waiters.erase(found);
      if (kv_events != nullptr) kv_events->remove(notice->ticket);
    }
    if (!connection) continue;
    connection->take(choice, *notice);
    if (std::exchange(connection->is_marked, true)) continue;
    with_news.emplace_back(connection, notice->at);
  }
  for (const auto& [connection, since] : with_news) {
    connection->is_marked = false;
    connection->flush();
    metrics.count_lateness(static_cast<double>((now() - since).count()) / config.speedup / 1e6);
  }
  with_news.clear();
  schedule_pump();
}

void ServeLoop::answer_replays() {
  constexpr std::chrono::milliseconds kInterval{100};
  kv_events->answer_replays();
  replay_tick.expires_after(kInterval);
  replay_tick.async_wait([this](error_code error) {
    if (!error) answer_replays();
  });
}

void ServeLoop::schedule_pump() {
  const std::vector<InstanceDrop>& drops = config.faults.drops();
  const Micros drop = drops_done < drops.size() ? drops[drops_done].at : Micros::max();
  const Micros due = std::min(platform.next_due(), drop);
  if (due == Micros::max()) {
    tick.cancel();
    return;
  }
  const std::chrono::duration<double, std::micro> wall(
      std::ceil(static_cast<double>(due.count()) / config.speedup));
  tick.expires_at(started + std::chrono::duration_cast<SteadyClock::duration>(wall));
  tick.async_wait([this](error_code error) {
    if (!error) pump();
  });
}

namespace {

/// As many descriptors as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void serve(const HttpServerConfig& config, const Service& service, const Tokenizer& tokenizer,
           Platform& platform, ServeMetrics& metrics, KvPublisher* kv_events,
           const std::function<void(const Listening&)>& on_listening) {
  raise_descriptor_limit();
  ServeLoop server(config, service, tokenizer, platform, metrics, kv_events);
  server.listen();
  if (kv_events != nullptr) {
    kv_events->publish(platform, server.epoch_seconds());  // binds, so that mistakes are seen now
    server.answer_replays();
  }
  server.await_signals();
  server.accept();
  server.schedule_pump();
  on_listening({.port = server.acceptor.local_endpoint().port(),
                .stop = [&server] { asio::post(server.io, [&server] { server.drain(); }); }});
  server.io.run();
  // Connections hold timers and sockets of the context, which must outlive them.
  server.with_news.clear();
  server.connections.clear();
}

}  // namespace blis::live
