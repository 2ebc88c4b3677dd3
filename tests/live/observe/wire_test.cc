// The pure parts of observe: prompts, bodies, framing, answers, counters.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "live/observe/exchange.h"
#include "live/observe/kv_metrics.h"
#include "live/observe/observed_record.h"
#include "live/observe/prompt_text.h"
#include "live/observe/reply.h"
#include "live/observe/request_body.h"
#include "live/observe/sse_parser.h"
#include "random/random_stream.h"

namespace blis::live {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(PromptText, HasAWordForEveryToken) {
  const PromptText text(1.0, 42, {});
  const std::vector<std::int32_t> tokens = {0, 101, 127'999};
  EXPECT_EQ(text.prompt("", 3, tokens), "alpha bravo zest ");
  EXPECT_EQ(text.prompt("", 5, tokens), "alpha bravo zest delta echo ");  // index for missing ids
}

TEST(PromptText, TakesFewerWordsOfMoreTokens) {
  const PromptText text(1.2, 42, {});
  EXPECT_EQ(text.words(12), 10);
  EXPECT_EQ(text.words(0), 1);
  EXPECT_EQ(PromptText(2.0, 42, {}).words(5), 3);  // 2.5, halves away from zero
}

TEST(PromptText, SharesTheTextOfAGroup) {
  const PromptText text(1.0, 42, {{"shared", 4}});
  const std::vector<std::int32_t> a = {9, 9, 9, 9, 1, 2};
  const std::vector<std::int32_t> b = {9, 9, 9, 9, 3};
  const std::string first = text.prompt("shared", 6, a);
  const std::string second = text.prompt("shared", 5, b);
  EXPECT_THAT(first, ::testing::EndsWith(" bravo charlie "));
  const std::string prefix = first.substr(0, first.size() - std::string("bravo charlie ").size());
  EXPECT_EQ(second, prefix + "delta ");
}

TEST(PromptText, SeedsAGroupByItsName) {
  // The format's own check value: seed 42, "shared".
  std::string bytes(8, '\0');
  bytes[0] = 42;
  EXPECT_EQ(random::fnv1a64(bytes + "shared"), 16790812258666559174U);
}

TEST(PromptText, BelievesPlausibleTokenizersOnly) {
  EXPECT_EQ(tokens_per_word(100), 1.0);
  EXPECT_EQ(tokens_per_word(137), 1.37);
  EXPECT_EQ(tokens_per_word(301), 1.0);
  EXPECT_EQ(tokens_per_word(99), 1.0);
}

TEST(RequestBody, IsCompactWithSortedKeys) {
  BodyFields f{.model = "m", .prompt = "a \"b\"", .output_tokens = 7, .exact_length = true};
  f.streaming = true;
  f.priority = 1;
  EXPECT_EQ(request_body(ApiFormat::kCompletions, f),
            R"({"max_tokens":7,"min_tokens":7,"model":"m","priority":1,"prompt":"a \"b\"",)"
            R"("stream":true,"stream_options":{"include_usage":true}})");
  f.streaming = false;
  f.priority.reset();
  EXPECT_EQ(request_body(ApiFormat::kChat, f),
            R"({"max_tokens":7,"messages":[{"content":"a \"b\"","role":"user"}],)"
            R"("min_tokens":7,"model":"m","stream":false})");
}

TEST(RequestBody, UnconstrainedMeansNoLimit) {
  BodyFields f{.model = "m", .prompt = "p", .output_tokens = 7, .exact_length = true};
  f.unconstrained = true;
  EXPECT_EQ(request_body(ApiFormat::kCompletions, f),
            R"({"max_tokens":2147483647,"model":"m","prompt":"p","stream":false})");
  EXPECT_EQ(request_body(ApiFormat::kChat, f),
            R"({"messages":[{"content":"p","role":"user"}],"model":"m","stream":false})");
  f.unconstrained = false;
  f.output_tokens = 0;
  EXPECT_THAT(request_body(ApiFormat::kCompletions, f),
              StartsWith(R"({"max_tokens":2048,"model")"));
}

TEST(RequestHeaders, RoundTargetsUpAndKeepLinesWhole) {
  EXPECT_THAT(request_headers({.request_id = "id",
                               .api_key = "k",
                               .tenant = "a\r\nEvil: 1",
                               .slo_class = "batch",
                               .slo_target_us = 1001}),
              ElementsAre("Content-Type: application/json", "x-request-id: id",
                          "Authorization: Bearer k", "x-gateway-inference-fairness-id: a  Evil: 1",
                          "x-gateway-inference-objective: batch", "x-slo-ttft-ms: 2"));
}

TEST(Uuid, CarriesVersionAndVariant) {
  EXPECT_EQ(format_uuid4(std::string(16, '\xff')), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

std::vector<std::string> payloads(const std::vector<std::string>& pieces, bool& readable) {
  SseParser parser;
  std::vector<std::string> all;
  const auto keep = [&](std::string_view p) { all.emplace_back(p); };
  for (const std::string& piece : pieces) readable = parser.feed(piece, keep);
  parser.finish(keep);
  return all;
}

TEST(SseParser, FindsPayloadsAndNothingElse) {
  bool readable = false;
  EXPECT_THAT(
      payloads({": hi\r\nevent: x\r\ndata: a\r\n\r\ndata:b\n\nid: 1\ndata: [DONE]"}, readable),
      ElementsAre("a", "b", "[DONE]"));
  EXPECT_TRUE(readable);
}

TEST(SseParser, RefusesEndlessLines) {
  bool readable = true;
  const std::string half(40'000, 'x');
  EXPECT_THAT(payloads({"data: a\ndata: ", half, half}, readable), ElementsAre("a"));
  EXPECT_FALSE(readable);
}

RC_GTEST_PROP(SseParser, DoesNotCareHowTheStreamIsCut, ()) {
  std::string text;
  for (const int kind : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4))) {
    text += std::vector<std::string>{"data: x\n", "\r\n",
                                     "data:", "event: y\n"}[static_cast<std::size_t>(kind)];
  }
  bool whole_readable = true;
  const std::vector<std::string> whole = payloads({text}, whole_readable);
  std::vector<std::string> cut;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = *rc::gen::inRange<std::size_t>(1, 6);
    cut.push_back(text.substr(at, size));
    at += size;
  }
  bool cut_readable = true;
  RC_ASSERT(payloads(cut, cut_readable) == whole);
}

TEST(Reply, ReadsCountsReasonAndContent) {
  const auto reply = parse_reply(R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],)"
                                 R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->has_content);
  EXPECT_EQ(reply->finish_reason, "stop");
  EXPECT_EQ(reply->prompt_tokens, 5);
  EXPECT_EQ(reply->completion_tokens, 2);
}

TEST(Reply, DoesNotBelieveEverything) {
  EXPECT_FALSE(parse_reply("[1]"));
  EXPECT_FALSE(parse_reply("{\"choices\":"));
  const auto odd = parse_reply(
      R"({"choices":{},"usage":{"prompt_tokens":-3,"completion_tokens":18446744073709551615}})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->prompt_tokens, 0);
  EXPECT_EQ(odd->completion_tokens, 0);
  EXPECT_EQ(parse_reply(R"({"error":{"message":"no"}})")->error, "no");
  EXPECT_EQ(parse_reply(R"({"object":"error","message":"old"})")->error, "old");
}

ExchangeResult stream(const std::vector<std::string>& pieces, TransferEnd end = {}) {
  Exchange exchange({.streaming = true, .keep_chunk_times = true}, 10);
  end.http_status = 200;
  std::int64_t now_us = 100;
  for (const std::string& piece : pieces) exchange.on_body(200, piece, now_us += 100);
  return exchange.finish(end, now_us + 1);
}

TEST(Exchange, TimesEveryFrame) {
  const ExchangeResult r =
      stream({"data: {\"choices\":[{\"text\":\"a\"}]}\n\n", "data: not json\n\n",
              "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"stop\"}]}\n\n"
              "data: [DONE]\n\ndata: {}\n\n"});
  EXPECT_EQ(r.status, ExchangeStatus::kOk);
  EXPECT_EQ(r.first_chunk_us, 200);
  EXPECT_EQ(r.last_chunk_us, 400);
  EXPECT_THAT(r.chunk_times_us, ElementsAre(200, 300, 400));
}

TEST(Exchange, AStreamThatJustStopsIsAnError) {
  EXPECT_EQ(stream({"data: {\"choices\":[{\"text\":\"a\"}]}\n\n"}).status, ExchangeStatus::kError);
  EXPECT_THAT(stream({}).error_message, HasSubstr("no chunk"));
  EXPECT_EQ(stream({"data: {\"error\":{\"message\":\"boom\"}}\n\ndata: [DONE]\n\n"}).error_message,
            "boom");
}

TEST(Exchange, ATimeoutAfterTheEndIsNone) {
  TransferEnd late;
  late.kind = TransferEnd::Kind::kTimeout;
  EXPECT_EQ(stream({"data: {}\n\ndata: [DONE]\n\n"}, late).status, ExchangeStatus::kOk);
  EXPECT_EQ(stream({"data: {}\n\n"}, late).status, ExchangeStatus::kTimeout);
}

TEST(ObservedRecord, ReferenceClockMovesMeasuredTimesOnly) {
  ObservedRequest request;
  request.record.arrival_time_us = 5;
  request.record.deadline_us = 6;
  request.record.send_time_us = 7;
  request.record.first_chunk_time_us = 8;
  request.chunk_times_us = {8};
  shift_measured_times(request, 1000);
  EXPECT_EQ(request.record.arrival_time_us, 5);
  EXPECT_EQ(request.record.deadline_us, 6);
  EXPECT_EQ(request.record.send_time_us, 1007);
  EXPECT_EQ(request.record.first_chunk_time_us, 1008);
  EXPECT_EQ(request.record.last_chunk_time_us, 0);  // did not happen
  EXPECT_THAT(request.chunk_times_us, ElementsAre(1008));
}

TEST(KvMetrics, DerivesTheTieredRateOverTheWindow) {
  const MetricSums start = parse_prometheus_text(
      "vllm:kv_offload_tiering_block_hits 1000\nvllm:kv_offload_tiering_block_queries 2000\n"
      "vllm:kv_offload_tiering_read_time 5\nvllm:kv_offload_tiering_write_time 2\n");
  const MetricSums end = parse_prometheus_text(
      "vllm:kv_offload_tiering_block_hits_total{t=\"a}b\"} 1700\n"
      "vllm:kv_offload_tiering_block_hits_total{t=\"c\"} 34\n"
      "vllm:kv_offload_tiering_block_queries 3000 1700000000\n"
      "vllm:kv_offload_tiering_read_time 17.5\nvllm:kv_offload_tiering_write_time 5.25\n");
  const auto metrics = derive_hit_rate(start, end);
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->source, "tiered");
  EXPECT_EQ(metrics->hit_rate, 0.734);
  EXPECT_EQ(metrics->block_hits, 734);
  EXPECT_EQ(metrics->block_queries, 1000);
  EXPECT_EQ(metrics->read_time_total, 12.5);
  EXPECT_EQ(metrics->write_time_total, 3.25);
}

TEST(KvMetrics, ARestartedServerHasNoRate) {
  const MetricSums start = parse_prometheus_text("vllm:gpu_prefix_cache_queries 5\n");
  EXPECT_FALSE(derive_hit_rate(start, parse_prometheus_text("vllm:gpu_prefix_cache_queries 3\n")));
  EXPECT_FALSE(derive_hit_rate({}, {}));
  const auto gauge =
      derive_hit_rate({}, parse_prometheus_text("vllm:gpu_prefix_cache_hit_rate 0.5"));
  ASSERT_TRUE(gauge);
  EXPECT_EQ(gauge->hit_rate, 0.5);
}

}  // namespace
}  // namespace blis::live
