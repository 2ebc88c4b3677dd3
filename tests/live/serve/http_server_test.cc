// The server over the loopback interface: well-behaved clients and all the others. Simulated time
// goes a thousand times as fast as the clock, and no test depends on how long anything takes.

#include "live/serve/http_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "base/error.h"
#include "live/serve/raw_client.h"
#include "testing/fixed_latency.h"

namespace blis::live {
namespace {

using nlohmann::json;
using testing::RawClient;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    cluster.model = "m";
    cluster.instance.total_kv_blocks = 10'000;
    cluster.latency = std::make_shared<testing::FixedLatency>(10'000, 0, 0, 0);
    http.port = 0;
    http.speedup = 1000;
  }
  ~HttpServerTest() override { stop(); }

  std::uint16_t port() {
    if (!thread_.joinable()) start();
    return listening_.port;
  }
  RawClient client() { return RawClient(port()); }
  void stop() {
    if (!thread_.joinable()) return;
    listening_.stop();
    thread_.join();
  }
  std::pair<int, std::string> post(const std::string& target, const std::string& body) {
    RawClient one = client();
    one.post(target, body);
    return one.read_response();
  }
  std::string metrics() {
    RawClient one = client();
    one.send("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    return one.read_response().second;
  }
  /// Waits until the page of metrics has this line; gives up after a long while.
  bool comes_to_show(const std::string& line) {
    for (int i = 0; i < 2000; ++i) {
      if (metrics().find("\n" + line + "\n") != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  cluster::ClusterConfig cluster;
  ServiceConfig settings{.model = "m"};
  HttpServerConfig http;
  std::unique_ptr<KvPublisher> kv_events;

 private:
  void start() {
    platform_ = std::make_unique<Platform>(cluster, symbols_, diagnostics_);
    std::promise<Listening> listening;
    thread_ = std::thread([&] {
      serve(http, service_, *tokenizer_, *platform_, metrics_, kv_events.get(),
            [&](const Listening& now) { listening.set_value(now); });
    });
    listening_ = listening.get_future().get();
  }

  std::shared_ptr<SymbolTable> symbols_ = std::make_shared<SymbolTable>();
  Diagnostics diagnostics_;
  std::unique_ptr<Tokenizer> tokenizer_ = make_approximate_tokenizer();
  Service service_{settings, *tokenizer_, *symbols_};
  ServeMetrics metrics_{"m", 0};
  std::unique_ptr<Platform> platform_;
  Listening listening_;
  std::thread thread_;
};

TEST_F(HttpServerTest, AnswersOnOneConnectionAgainAndAgain) {
  RawClient one = client();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(one.post("/v1/completions", R"({"prompt":"one two","max_tokens":4})"));
    const auto [status, body] = one.read_response();
    ASSERT_EQ(status, 200) << body;
    EXPECT_EQ(json::parse(body)["usage"]["completion_tokens"], 4);
  }
}

TEST_F(HttpServerTest, StreamsEveryToken) {
  RawClient one = client();
  one.post("/v1/chat/completions",
           R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":50,"stream":true})");
  const std::string answer = one.read_until("[DONE]\n\n\r\n0\r\n\r\n");
  EXPECT_EQ(count(answer, "\"delta\":{\"content\":\" "), 50U);
  EXPECT_EQ(count(answer, "\"finish_reason\":\"length\""), 1U);
  // The connection can be used again.
  one.post("/v1/completions", R"({"prompt":"x","max_tokens":1})");
  EXPECT_EQ(one.read_response().first, 200);
}

TEST_F(HttpServerTest, OldClientsGetTheStreamUntilTheConnectionEnds) {
  RawClient one = client();
  const std::string body = R"({"prompt":"x","max_tokens":3,"stream":true})";
  one.send("POST /v1/completions HTTP/1.0\r\ncontent-length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body);
  const std::string answer = one.read_all();
  EXPECT_EQ(count(answer, "data: "), 4U);
  EXPECT_TRUE(answer.ends_with("data: [DONE]\n\n"));
}

TEST_F(HttpServerTest, RequestsMayComeInPieces) {
  RawClient one = client();
  const std::string body = R"({"prompt":"x","max_tokens":1})";
  for (const char c : "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body) {
    ASSERT_TRUE(one.send(std::string(1, c)));
  }
  EXPECT_EQ(one.read_response().first, 200);
}

TEST_F(HttpServerTest, LargeBodiesAreAskedForBeforeTheyAreSent) {
  RawClient one = client();
  const std::string body = R"({"prompt":"x","max_tokens":1})";
  one.send("POST /v1/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: " +
           std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(one.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  one.send(body);
  EXPECT_EQ(one.read_response().first, 200);
}

TEST_F(HttpServerTest, NonsenseIsRefused) {
  http.max_body_bytes = 1000;
  RawClient garbage = client();
  garbage.send("\x16\x03\x01 this is no HTTP\r\n\r\n");
  EXPECT_EQ(garbage.read_response().first, 400);
  RawClient huge_header = client();
  huge_header.send("GET / HTTP/1.1\r\nx: " + std::string(100'000, 'a'));
  EXPECT_EQ(huge_header.read_response().first, 431);
  RawClient announced = client();
  announced.send("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n");
  EXPECT_EQ(announced.read_response().first, 413);
  RawClient chunked = client();
  chunked.send(
      "POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n800\r\n" +
      std::string(0x800, 'a') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.read_response().first, 413);
  EXPECT_EQ(post("/v1/completions", "{").first, 400);
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"x"})").first, 200);
}

TEST_F(HttpServerTest, WhoGoesAwayGivesItsRoomBack) {
  http.speedup = 1;  // a minute's work, were it not given up
  for (const bool half : {false, true}) {
    RawClient one = client();
    one.post("/v1/completions", R"({"prompt":"x","max_tokens":6000,"stream":true})");
    EXPECT_NE(one.read_until("data: ").find("200 OK"), std::string::npos);
    if (half) {
      one.shut_down_writing();
    } else {
      one.close();
    }
    EXPECT_TRUE(comes_to_show("blis_requests_in_flight 0"));
    EXPECT_TRUE(comes_to_show(
        R"(vllm:num_requests_running{model_name="m",engine="0",pod="instance_0"} 0)"));
  }
}

TEST_F(HttpServerTest, SlowReadersLoseNothing) {
  constexpr int kTokens = 30'000;
  RawClient slow(port(), 4096);
  slow.post("/v1/completions",
            R"({"prompt":"x","max_tokens":)" + std::to_string(kTokens) + R"(,"stream":true})");
  // It reads nothing until the whole answer exists, which is more than sockets hold.
  ASSERT_TRUE(comes_to_show("blis_requests_in_flight 0"));
  const std::string answer = slow.read_until("[DONE]");
  EXPECT_EQ(count(answer, "\"text\":\" "), static_cast<std::size_t>(kTokens));
}

TEST_F(HttpServerTest, IdleConnectionsAreInNobodysWay) {
  std::vector<RawClient> idle;
  for (int i = 0; i < 300; ++i) idle.push_back(client());
  for (int i = 0; i < 100; ++i) idle[static_cast<std::size_t>(i)].send("POST /v1/comple");
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"x"})").first, 200);
  EXPECT_TRUE(idle.back().is_connected());
}

TEST_F(HttpServerTest, ThoseWhoSayNothingAreGivenUp) {
  http.idle_timeout = http.request_timeout = std::chrono::seconds(1);
  RawClient silent = client();
  RawClient half_a_header = client();
  half_a_header.send("POST /v1/comple");
  RawClient half_a_body = client();
  half_a_body.send("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\n{");
  for (RawClient* one : {&silent, &half_a_header, &half_a_body}) EXPECT_EQ(one->read_all(), "");
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"x"})").first, 200);
}

TEST_F(HttpServerTest, ThoseWhoTakeNothingAreGivenUp) {
  http.write_timeout = std::chrono::seconds(1);
  RawClient stuck(port(), 4096);
  stuck.post("/v1/completions", R"({"prompt":"x","max_tokens":100000,"stream":true})");
  EXPECT_TRUE(comes_to_show("blis_http_connections 2"));  // it, and whoever asks for the page
  EXPECT_TRUE(comes_to_show("blis_http_connections 1"));
  EXPECT_TRUE(comes_to_show("blis_requests_in_flight 0"));
  EXPECT_EQ(stuck.read_all().find("[DONE]"), std::string::npos);
}

TEST_F(HttpServerTest, ThereIsAnEndToConnections) {
  http.max_connections = 2;
  RawClient a = client();
  RawClient b = client();
  a.post("/v1/completions", R"({"prompt":"x","max_tokens":1})");
  b.post("/v1/completions", R"({"prompt":"x","max_tokens":1})");
  EXPECT_EQ(a.read_response().first, 200);
  EXPECT_EQ(b.read_response().first, 200);
  EXPECT_EQ(client().read_all(), "");  // closed at once
}

TEST_F(HttpServerTest, AnswersUnderWayAreFinishedBeforeTheEnd) {
  RawClient idle = client();
  RawClient one = client();
  one.post("/v1/completions", R"({"prompt":"x","max_tokens":20000,"stream":true})");
  one.read_until("data: ");
  stop();
  EXPECT_EQ(count(one.read_all(), "\"text\":\" "), 20'000U);
  EXPECT_EQ(idle.read_all(), "");
}

TEST_F(HttpServerTest, FullPlatformsSaySo) {
  cluster.gateway.admission.policy = "token-bucket";
  cluster.gateway.admission.token_bucket = {.capacity_tokens = 3, .refill_tokens_per_s = 0.001};
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"one two","max_tokens":1})").first, 200);
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"one two","max_tokens":1})").first, 429);
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"one two","max_tokens":1,"stream":true})").first,
            429);
}

TEST_F(HttpServerTest, InjectedErrorsTakeNothingFromThePlatform) {
  const std::vector<std::string> rules = {"error:rate=1,status=418"};
  http.faults = FaultPlan(rules, 1);
  EXPECT_EQ(post("/v1/completions", R"({"prompt":"x"})").first, 418);
  EXPECT_TRUE(comes_to_show("blis_requests_in_flight 0"));
}

TEST_F(HttpServerTest, InjectedDisconnectsCutTheStream) {
  const std::vector<std::string> rules = {"disconnect:rate=1,after=5"};
  http.faults = FaultPlan(rules, 1);
  RawClient one = client();
  one.post("/v1/completions", R"({"prompt":"x","max_tokens":5000,"stream":true})");
  EXPECT_EQ(one.read_all().find("[DONE]"), std::string::npos);
  EXPECT_TRUE(comes_to_show("blis_requests_in_flight 0"));
}

/// A port that was free a moment ago, and the one behind it, most likely.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(probe, any, sizeof address), 0);
  EXPECT_EQ(::getsockname(probe, any, &size), 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

std::vector<std::string> receive(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket.recv(frame)) return {};  // after the socket's limit
    more = frame.more();
    frames.push_back(frame.to_string());
  }
  return frames;
}

TEST_F(HttpServerTest, CachesCanBeFollowed) {
  const std::string live = "tcp://127.0.0.1:" + std::to_string(free_port());
  const std::string replay = "tcp://127.0.0.1:" + std::to_string(free_port());
  settings.keeps_token_ids = true;
  cluster.kv.records_index_changes = true;
  kv_events = std::make_unique<KvPublisher>(
      KvPublisherConfig{.bind = live, .replay = replay, .model = "m"});
  const std::string prompt =
      "one two three four five six seven eight nine ten eleven twelve "
      "thirteen fourteen fifteen sixteen seventeen eighteen";
  ASSERT_EQ(post("/v1/completions", json{{"prompt", prompt}, {"max_tokens", 1}}.dump()).first, 200);

  // Whoever comes late asks for what there was: two blocks at most, of which the prompt fills one.
  zmq::context_t context(1);
  zmq::socket_t past(context, zmq::socket_type::dealer);
  past.set(zmq::sockopt::rcvtimeo, 20'000);
  past.set(zmq::sockopt::linger, 0);
  past.connect(replay);
  past.send(zmq::str_buffer(""), zmq::send_flags::sndmore);
  past.send(zmq::buffer(std::string(8, '\0')), zmq::send_flags::none);
  const std::vector<std::string> first = receive(past);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[1], std::string(8, '\0'));
  const json stored = json::from_msgpack(first[2])[1][0];
  EXPECT_EQ(stored[0], "BlockStored");
  EXPECT_EQ(stored[2], json());
  const json tokens =
      json::parse(post("/tokenize", json{{"prompt", prompt}}.dump()).second)["tokens"];
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(stored[3][i], tokens[i]);
  std::vector<std::string> last = first;
  while (last.size() == 3 && last[1] != std::string(8, '\xff')) last = receive(past);
  EXPECT_EQ(last.size(), 3U);

  // Whoever listens is told of every batch from the moment on at which it is connected.
  zmq::socket_t present(context, zmq::socket_type::sub);
  present.set(zmq::sockopt::rcvtimeo, 100);
  present.set(zmq::sockopt::linger, 0);
  present.set(zmq::sockopt::subscribe, "kv@");
  present.connect(live);
  std::vector<std::string> heard;
  for (int i = 0; i < 200 && heard.empty(); ++i) {
    post("/v1/completions", json{{"prompt", std::to_string(i) + prompt}, {"max_tokens", 1}}.dump());
    heard = receive(present);
  }
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_EQ(heard[0], "kv@instance_0@m");
  EXPECT_EQ(heard[1].size(), 8U);
  EXPECT_EQ(json::from_msgpack(heard[2]).size(), 3U);
}

TEST(KvPublisher, RefusesEndpointsThatAreNone) {
  for (const char* endpoint : {"127.0.0.1:5557", "tcp://127.0.0.1", "tcp://x:0", "tcp://x:70000",
                               "ipc://socket", "tcp://:"}) {
    EXPECT_THROW(KvPublisher({.bind = endpoint}), ConfigError) << endpoint;
  }
}

TEST(HttpServer, SaysWhyItCannotListen) {
  SymbolTable symbols;
  ServiceConfig settings;
  const std::unique_ptr<Tokenizer> tokenizer = make_approximate_tokenizer();
  const Service service(settings, *tokenizer, symbols);
  cluster::ClusterConfig cluster;
  cluster.latency = std::make_shared<testing::FixedLatency>();
  Diagnostics diagnostics;
  Platform platform(cluster, std::make_shared<SymbolTable>(), diagnostics);
  ServeMetrics metrics("m", 0);
  HttpServerConfig http;
  http.host = "localhost?";
  EXPECT_THROW(
      serve(http, service, *tokenizer, platform, metrics, nullptr, [](const Listening&) {}),
      ConfigError);
}

}  // namespace
}  // namespace blis::live
