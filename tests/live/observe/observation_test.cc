// `observe` against a server that behaves, and against servers that do not.

#include "live/observe/observation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/diagnostics.h"
#include "testing/fake_openai_server.h"
#include "workload/spec_reader.h"

namespace blis::live {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using testing::FakeConnection;
using testing::FakeRequest;
using testing::FakeServer;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kTenOpenLoop = R"(
version: "2"
seed: 7
num_requests: 10
aggregate_rate: 1000
clients:
  - id: a
    tenant_id: t1
    slo_class: batch
    rate_fraction: 1
    streaming: true
    arrival: {process: constant}
    input_distribution: {type: constant, params: {value: 20}}
    output_distribution: {type: constant, params: {value: 3}}
)";

struct ObserveRun {
  ObserveOptions options;
  Diagnostics diagnostics;
  workload::ResolvedWorkload load;
  std::vector<ObservedRequest> shown;  ///< while it ran

  explicit ObserveRun(const FakeServer& server, std::string_view yaml = kTenOpenLoop) {
    options.target.base_url = server.url();
    options.target.model = "m";
    options.target.timeout = std::chrono::seconds(20);
    load.spec = workload::parse_workload_spec(yaml, "test.yaml", diagnostics);
    load.options.max_requests = load.spec.num_requests;
  }
  Observation observe() {
    return live::observe(
        load, options, [&](const ObservedRequest& r) { shown.push_back(r); }, diagnostics);
  }
  std::string warnings() const {
    std::string text;
    for (const Diagnostics::Entry& entry : diagnostics.entries()) {
      text += entry.kind + ": " + entry.first + "\n";
    }
    return text;
  }
};

/// Requests of the load: all but the one that counts tokens.
std::vector<FakeRequest> load_of(const FakeServer& server) {
  std::vector<FakeRequest> requests = server.requests();
  if (!requests.empty()) requests.erase(requests.begin());
  return requests;
}

/// Counts the calibration request and hands all others to `handler`.
FakeServer::Handler after_calibration(FakeServer::Handler handler) {
  auto first = std::make_shared<std::atomic<bool>>(true);
  return [=](FakeConnection& c, const FakeRequest& r) {
    first->exchange(false) ? testing::answer_well(c, r) : handler(c, r);
  };
}

std::vector<std::string> statuses(const Observation& observation) {
  std::vector<std::string> all;
  for (const ObservedRequest& r : observation.requests) all.push_back(r.record.status);
  return all;
}

TEST(Observe, RecordsStreamsAsTheyCome) {
  const FakeServer server;
  ObserveRun run(server);
  run.options.load.keep_chunk_times = true;
  const Observation observation = run.observe();
  ASSERT_THAT(observation.requests, SizeIs(10));
  EXPECT_EQ(run.shown.size(), 10U);
  std::set<std::int64_t> ids;
  for (const ObservedRequest& request : observation.requests) {
    const trace::TraceRecord& r = request.record;
    ids.insert(r.request_id);
    EXPECT_EQ(r.status, "ok") << r.error_message;
    EXPECT_EQ(r.tenant_id, "t1");
    EXPECT_EQ(r.slo_class, "batch");
    EXPECT_EQ(r.vllm_priority, 5);
    EXPECT_TRUE(r.streaming);
    EXPECT_EQ(r.input_tokens, 20);
    EXPECT_EQ(r.output_tokens, 3);
    EXPECT_EQ(r.server_input_tokens, 120);
    EXPECT_EQ(r.num_chunks, 4);  // three words and the usage
    EXPECT_EQ(r.finish_reason, "length");
    EXPECT_EQ(r.x_request_id.size(), 36U);
    EXPECT_GE(r.send_time_us, r.arrival_time_us);
    EXPECT_LT(r.send_time_us, 10'000'000);  // since the start of the run, not since 1970
    EXPECT_LE(r.send_time_us, r.first_chunk_time_us);
    EXPECT_LE(r.first_chunk_time_us, r.last_chunk_time_us);
    EXPECT_THAT(request.chunk_times_us, SizeIs(4));
  }
  EXPECT_EQ(ids.size(), 10U);
  EXPECT_EQ(*ids.rbegin(), 9);
  for (const FakeRequest& r : load_of(server)) {
    EXPECT_EQ(r.path, "/v1/completions");
    EXPECT_TRUE(r.has_header("x-gateway-inference-fairness-id: t1"));
    EXPECT_TRUE(r.has_header("x-gateway-inference-objective: batch"));
    EXPECT_THAT(r.body, HasSubstr(R"("max_tokens":3,"min_tokens":3,"model":"m","priority":5)"));
  }
}

TEST(Observe, CountsOnlyChunksWithTextIfAsked) {
  const FakeServer server;
  ObserveRun run(server);
  run.options.load.content_chunks_only = true;
  for (const ObservedRequest& request : run.observe().requests) {
    EXPECT_EQ(request.record.num_chunks, 3);
    EXPECT_EQ(request.record.output_tokens, 3);
  }
}

TEST(Observe, TakesWholeAnswersWithoutStreaming) {
  const FakeServer server;
  ObserveRun run(server);
  run.options.load.no_streaming = true;
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("ok")));
  for (const ObservedRequest& request : observation.requests) {
    EXPECT_FALSE(request.record.streaming);
    EXPECT_EQ(request.record.num_chunks, 1);
    EXPECT_EQ(request.record.output_tokens, 3);
  }
}

TEST(Observe, SpeaksChatWithAKey) {
  const FakeServer server;
  ObserveRun run(server);
  run.options.target.format = ApiFormat::kChat;
  run.options.target.api_key = "secret";
  EXPECT_THAT(statuses(run.observe()), AllOf(SizeIs(10), Each("ok")));
  for (const FakeRequest& r : load_of(server)) {
    EXPECT_EQ(r.path, "/v1/chat/completions");
    EXPECT_TRUE(r.has_header("Authorization: Bearer secret"));
    EXPECT_THAT(r.body, HasSubstr(R"("messages":[{"content":")"));
  }
}

TEST(Observe, LeavesWarmUpOut) {
  const FakeServer server;
  ObserveRun run(server);
  run.options.load.warm_up_requests = 4;
  const Observation observation = run.observe();
  EXPECT_THAT(observation.requests, SizeIs(6));
  for (const ObservedRequest& request : observation.requests) {
    EXPECT_GE(request.record.request_id, 4);
  }
  EXPECT_THAT(load_of(server), SizeIs(10));
}

TEST(Observe, KeepsWhatTheServerSaysAboutErrors) {
  const FakeServer server(after_calibration([](FakeConnection& c, const FakeRequest&) {
    c.answer(429, R"({"error":{"message":"slow down"}})");
  }));
  ObserveRun run(server);
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("error")));
  for (const ObservedRequest& request : observation.requests) {
    EXPECT_EQ(request.record.error_message, R"(HTTP 429: {"error":{"message":"slow down"}})");
    EXPECT_EQ(request.record.first_chunk_time_us, 0);
    EXPECT_EQ(request.record.last_chunk_time_us, 0);
  }
}

TEST(Observe, ASlowServerIsATimeout) {
  const FakeServer* itself = nullptr;
  const FakeServer server(after_calibration([&](FakeConnection& c, const FakeRequest&) {
    c.begin_stream();
    c.frame(R"({"choices":[{"text":"one"}]})");
    itself->pause(std::chrono::seconds(10));
  }));
  itself = &server;
  ObserveRun run(server);
  run.options.target.timeout = std::chrono::milliseconds(300);
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("timeout")));
  for (const ObservedRequest& request : observation.requests) {
    EXPECT_EQ(request.record.num_chunks, 1);  // what came stays
    EXPECT_GT(request.record.first_chunk_time_us, 0);
  }
}

TEST(Observe, AServerThatNeverAnswersIsATimeout) {
  const FakeServer* itself = nullptr;
  const FakeServer server(after_calibration(
      [&](FakeConnection&, const FakeRequest&) { itself->pause(std::chrono::seconds(10)); }));
  itself = &server;
  ObserveRun run(server);
  run.options.target.timeout = std::chrono::milliseconds(200);
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("timeout")));
}

TEST(Observe, AServerThatHangsUpIsAnError) {
  const FakeServer server(after_calibration([](FakeConnection& c, const FakeRequest&) {
    c.begin_stream();
    c.frame(R"({"choices":[{"text":"one"}]})");
    c.hang_up();
  }));
  ObserveRun run(server);
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("error")));
  for (const ObservedRequest& request : observation.requests) {
    EXPECT_EQ(request.record.num_chunks, 1);
    EXPECT_GT(request.record.last_chunk_time_us, 0);
    EXPECT_FALSE(request.record.error_message.empty());
  }
}

TEST(Observe, NobodyThereIsAnError) {
  std::string url;
  {
    const FakeServer server;
    url = server.url();
  }
  const FakeServer other;
  ObserveRun run(other);
  run.options.target.base_url = url;
  EXPECT_THAT(statuses(run.observe()), AllOf(SizeIs(10), Each("error")));
  EXPECT_THAT(run.warnings(), HasSubstr("how many tokens a word is"));
}

TEST(Observe, MissingUsageIsSaid) {
  const FakeServer server(after_calibration([](FakeConnection& c, const FakeRequest&) {
    c.begin_stream();
    c.frame(R"({"choices":[{"text":"one","finish_reason":"stop"}]})");
    c.frame("[DONE]");
    c.end_stream();
  }));
  ObserveRun run(server);
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("ok")));
  EXPECT_EQ(observation.requests[0].record.output_tokens, 0);
  EXPECT_THAT(run.warnings(), HasSubstr("no usage"));
}

TEST(Observe, NeverMoreInFlightThanAllowed) {
  const FakeServer* itself = nullptr;
  const FakeServer server([&](FakeConnection& c, const FakeRequest& r) {
    itself->pause(std::chrono::milliseconds(5));
    testing::answer_well(c, r);
  });
  itself = &server;
  ObserveRun run(server);
  run.options.load.max_in_flight = 3;
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(10), Each("ok")));
  EXPECT_LE(server.most_at_once(), 3);
  EXPECT_GT(observation.statistics.held_back, 0);
}

constexpr std::string_view kUsers = R"(
version: "2"
seed: 7
num_requests: 12
clients:
  - id: users
    concurrency: 3
    think_time_us: 2000
    input_distribution: {type: constant, params: {value: 20}}
    output_distribution: {type: constant, params: {value: 2}}
)";

TEST(Observe, UsersAskAgainAfterTheyHaveThought) {
  const FakeServer server;
  ObserveRun run(server, kUsers);
  const Observation observation = run.observe();
  EXPECT_THAT(statuses(observation), AllOf(SizeIs(12), Each("ok")));
  EXPECT_LE(server.most_at_once(), 3);
  std::map<std::string, std::int64_t> last_end_us;
  for (const ObservedRequest& request : observation.requests) {
    const trace::TraceRecord& r = request.record;
    ASSERT_FALSE(r.session_id.empty());
    if (r.round_index > 0) {
      EXPECT_GE(r.arrival_time_us, last_end_us[r.session_id] + 2000);
      EXPECT_GE(r.send_time_us, r.arrival_time_us);
    }
    last_end_us[r.session_id] = r.last_chunk_time_us;
  }
}

constexpr std::string_view kConversation = R"(
version: "2"
seed: 7
num_requests: 3
aggregate_rate: 1000
category: reasoning
clients:
  - id: talker
    rate_fraction: 1
    closed_loop: true
    arrival: {process: constant}
    input_distribution: {type: constant, params: {value: 30}}
    output_distribution: {type: constant, params: {value: 4}}
    reasoning:
      reason_ratio_distribution: {type: constant, params: {value: 0}}
      multi_turn: {max_rounds: 3, think_time_us: 1000, context_growth: accumulate, single_session: true}
)";

TEST(Observe, AConversationContainsWhatWasSaidBefore) {
  const FakeServer server;
  ObserveRun run(server, kConversation);
  const Observation observation = run.observe();
  const std::vector<FakeRequest> sent = load_of(server);
  ASSERT_THAT(sent, SizeIs(3));
  ASSERT_THAT(observation.requests, SizeIs(3));
  const auto prompt = [](const FakeRequest& r) {
    const std::size_t begin = r.body.find("\"prompt\":\"") + 10;
    return r.body.substr(begin, r.body.find('"', begin) - begin);
  };
  // The tokens per word are 1.2, so ends may differ by a word; beginnings do not.
  const std::string first = prompt(sent[0]);
  EXPECT_THAT(prompt(sent[1]), ::testing::StartsWith(first));
  EXPECT_THAT(prompt(sent[2]), ::testing::StartsWith(prompt(sent[1])));
  EXPECT_EQ(observation.requests[1].record.input_tokens, 30 + 4 + 30);
  EXPECT_EQ(observation.requests[2].record.input_tokens, 30 + 4 + 30 + 4 + 30);
}

TEST(Observe, ASignalKeepsWhatWasMeasured) {
  std::atomic<int> answered = 0;
  const FakeServer* itself = nullptr;
  const FakeServer server(after_calibration([&](FakeConnection& c, const FakeRequest& r) {
    if (answered++ < 4) return testing::answer_well(c, r);
    if (answered == 10) ::kill(::getpid(), SIGTERM);
    itself->pause(std::chrono::seconds(20));
  }));
  itself = &server;
  ObserveRun run(server);
  const Observation observation = run.observe();
  EXPECT_TRUE(observation.interrupted);
  ASSERT_THAT(observation.requests, SizeIs(10));
  int ok = 0;
  for (const ObservedRequest& request : observation.requests) {
    const bool is_ok = request.record.status == "ok";
    ok += is_ok ? 1 : 0;
    EXPECT_EQ(request.record.error_message, is_ok ? "" : "interrupted");
  }
  EXPECT_EQ(ok, 4);
}

TEST(Observe, ScrapesTheHitRateAroundTheRun) {
  std::atomic<int> scrapes = 0;
  const FakeServer server([&](FakeConnection& c, const FakeRequest& r) {
    if (r.path != "/metrics") return testing::answer_well(c, r);
    const bool first = scrapes++ == 0;
    c.answer(200,
             fmt::format("# HELP x y\nvllm:gpu_prefix_cache_queries_total{{model=\"m\"}} {}\n"
                         "vllm:gpu_prefix_cache_hits_total{{model=\"m\"}} {}\n",
                         first ? 100 : 300, first ? 10 : 160),
             "text/plain");
  });
  ObserveRun run(server);
  run.options.scrape_url = server.url() + "/metrics";
  const Observation observation = run.observe();
  ASSERT_TRUE(observation.kv_metrics);
  EXPECT_EQ(observation.kv_metrics->hit_rate, 0.75);
  EXPECT_EQ(observation.kv_metrics->block_hits, 150);
  EXPECT_EQ(observation.kv_metrics->block_queries, 200);
}

TEST(Observe, PrewarmsBeforeTheClockStarts) {
  const FakeServer server;
  ObserveRun run(server);
  run.options.prewarm = std::chrono::milliseconds(50);
  const Observation observation = run.observe();
  EXPECT_THAT(observation.requests, SizeIs(10));
  const std::vector<FakeRequest> sent = load_of(server);
  EXPECT_GT(sent.size(), 13U);
  EXPECT_THAT(sent[0].body, AllOf(HasSubstr("warm warm"), HasSubstr("\"max_tokens\":64")));
  EXPECT_EQ(sent[0].body.find("min_tokens"), std::string::npos);
  EXPECT_THAT(sent.back().body, HasSubstr("\"max_tokens\":3"));
}

}  // namespace
}  // namespace blis::live
