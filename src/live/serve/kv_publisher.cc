#include "live/serve/kv_publisher.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <deque>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "base/error.h"

namespace blis::live {
namespace {

constexpr int kHighWaterMark = 100'000;       // batches that wait for a slow follower
constexpr std::size_t kKeptBatches = 10'000;  // for replays
constexpr std::chrono::milliseconds kLinger{500};
constexpr std::int64_t kNoMore = -1;

std::string big_endian(std::int64_t number) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[7 - i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
  }
  return bytes;
}

std::int64_t from_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number);
}

/// `tcp://HOST:PORT` with the port moved by `offset`.
std::string moved_endpoint(const char* flag, const std::string& endpoint, std::size_t offset) {
  const std::size_t colon = endpoint.rfind(':');
  std::size_t port = 0;
  const char* const end = endpoint.data() + endpoint.size();
  const bool is_tcp = endpoint.starts_with("tcp://") && colon > std::string_view("tcp:").size();
  const auto parsed = is_tcp ? std::from_chars(endpoint.data() + colon + 1, end, port)
                             : std::from_chars_result{end, std::errc::invalid_argument};
  if (parsed.ec != std::errc() || parsed.ptr != end || port == 0 || port + offset > 65'535) {
    throw ConfigError({.file = "", .line = 0, .key = flag},
                      fmt::format("\"{}\" must be tcp://HOST:PORT, and instance {} takes port + {}",
                                  endpoint, offset, offset));
  }
  return fmt::format("{}:{}", endpoint.substr(0, colon), port + offset);
}

std::string filled_in(std::string topic, std::string_view placeholder, std::string_view text) {
  for (std::size_t at = topic.find(placeholder); at != std::string::npos;
       at = topic.find(placeholder, at + text.size())) {
    topic.replace(at, placeholder.size(), text);
  }
  return topic;
}

/// Never waits: what the other side has no room for is lost to it.
void send_frames(zmq::socket_t& socket, std::initializer_list<std::string_view> frames) {
  for (const std::string_view& frame : frames) {
    const bool is_last = &frame == frames.end() - 1;
    const auto more = is_last ? zmq::send_flags::none : zmq::send_flags::sndmore;
    if (!socket.send(zmq::buffer(frame), more | zmq::send_flags::dontwait)) return;
  }
}

}  // namespace

struct KvPublisher::Publisher {
  Publisher(zmq::context_t& context, std::string its_topic, std::int64_t block_size_tokens)
      : topic(std::move(its_topic)),
        stream(block_size_tokens),
        live(context, zmq::socket_type::pub),
        replay(context, zmq::socket_type::router) {
    for (zmq::socket_t* socket : {&live, &replay}) {
      socket->set(zmq::sockopt::sndhwm, kHighWaterMark);
      socket->set(zmq::sockopt::linger, static_cast<int>(kLinger.count()));
    }
  }

  void send(std::string batch, bool keep) {
    if (batch.empty()) return;
    const std::int64_t number = next_number++;
    send_frames(live, {topic, big_endian(number), batch});
    if (!keep) return;
    kept.emplace_back(number, std::move(batch));
    if (kept.size() > kKeptBatches) kept.pop_front();
  }

  std::string topic;
  KvEventStream stream;
  zmq::socket_t live;
  zmq::socket_t replay;
  std::int64_t next_number = 0;
  std::deque<std::pair<std::int64_t, std::string>> kept;
  bool is_gone = false;
};

struct KvPublisher::Sockets {
  zmq::context_t context{1};
  std::vector<std::unique_ptr<Publisher>> publishers;  // by instance
};

KvPublisher::KvPublisher(const KvPublisherConfig& config)
    : config_(config), sockets_(std::make_unique<Sockets>()) {
  // Mistakes are found before anything happens.
  if (!config_.bind.empty()) moved_endpoint("--kv-events", config_.bind, 0);
  if (!config_.replay.empty()) moved_endpoint("--kv-events-replay", config_.replay, 0);
}

KvPublisher::~KvPublisher() = default;

KvPublisher::Publisher& KvPublisher::publisher_of(const Platform& platform, InstanceId instance) {
  auto& publishers = sockets_->publishers;
  while (publishers.size() <= instance.index()) {
    const InstanceId id(publishers.size());
    const cluster::Fleet& fleet = platform.simulation().fleet();
    const std::string topic = filled_in(filled_in(config_.topic, "{pod}", fleet.profile(id).name),
                                        "{model}", config_.model);
    auto publisher =
        std::make_unique<Publisher>(sockets_->context, topic, fleet[id].kv().block_size());
    const auto attach = [&](const char* flag, const std::string& endpoint, auto how) {
      if (endpoint.empty()) return;
      try {
        how(endpoint);
      } catch (const zmq::error_t& error) {
        throw ConfigError({.file = "", .line = 0, .key = flag},
                          fmt::format("\"{}\": {}", endpoint, error.what()));
      }
    };
    attach("--kv-events", config_.bind, [&](const std::string& endpoint) {
      publisher->live.bind(moved_endpoint("--kv-events", endpoint, id.index()));
    });
    attach("--kv-events-connect", config_.connect,
           [&](const std::string& endpoint) { publisher->live.connect(endpoint); });
    attach("--kv-events-replay", config_.replay, [&](const std::string& endpoint) {
      publisher->replay.bind(moved_endpoint("--kv-events-replay", endpoint, id.index()));
    });
    publishers.push_back(std::move(publisher));
  }
  return *publishers[instance.index()];
}

void KvPublisher::publish(Platform& platform, double epoch_seconds) {
  const bool keep = !config_.replay.empty();
  const std::size_t instances = platform.simulation().fleet().size();
  for (std::size_t i = 0; i < instances; ++i) {
    const InstanceId id(i);
    Publisher& publisher = publisher_of(platform, id);
    const std::vector<kv::IndexChange> changes = platform.take_cache_changes(id);
    if (publisher.is_gone) continue;
    if (!changes.empty())
      publisher.send(publisher.stream.batch(changes, known_, epoch_seconds), keep);
    if (platform.simulation().state_of(id) == control::InstanceState::kTerminated) {
      publisher.send(publisher.stream.clear(epoch_seconds), keep);
      publisher.is_gone = true;
    }
  }
}

void KvPublisher::answer_replays() {
  if (config_.replay.empty()) return;
  for (const auto& publisher : sockets_->publishers) {
    for (;;) {
      // Whoever asks comes first, then an empty frame, then the number.
      std::vector<zmq::message_t> frames;
      zmq::message_t frame;
      while (publisher->replay.recv(frame, zmq::recv_flags::dontwait)) {
        const bool more = frame.more();
        frames.push_back(std::move(frame));
        if (!more) break;
      }
      if (frames.empty()) break;
      if (frames.size() != 3 || frames[2].size() != 8) continue;  // nonsense
      const std::int64_t first = from_big_endian(frames[2].to_string_view());
      const auto answer = [&](std::int64_t number, std::string_view batch) {
        send_frames(publisher->replay, {frames[0].to_string_view(), "", big_endian(number), batch});
      };
      for (const auto& [number, batch] : publisher->kept) {
        if (number >= first) answer(number, batch);
      }
      answer(kNoMore, {});
    }
  }
}

}  // namespace blis::live
