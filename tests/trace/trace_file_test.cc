#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "trace/itl_file.h"
#include "trace/trace_header.h"
#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace blis::trace {
namespace {

using ::testing::HasSubstr;

std::string csv_of(const std::vector<TraceRecord>& records, std::string_view mode) {
  TraceColumns columns;
  for (const TraceRecord& record : records) columns.require_for(record, mode);
  TraceWriter writer(columns);
  for (const TraceRecord& record : records) writer.write(record);
  return writer.text();
}

std::vector<TraceRecord> records_of(const std::string& csv) {
  TraceReader reader(csv, "t.csv");
  std::vector<TraceRecord> records;
  TraceRecord record;
  while (reader.next(record)) records.push_back(record);
  return records;
}

std::string error_of(const std::string& csv) {
  try {
    records_of(csv);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

constexpr const char* kBaseHeader =
    "request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,"
    "streaming,input_tokens,output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,"
    "reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,"
    "first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason";

TraceRecord sample() {
  TraceRecord r;
  r.client_id = "chat";
  r.tenant_id = "t1";
  r.slo_class = "batch";
  r.input_tokens = 128;
  r.output_tokens = 3;
  r.deadline_us = 300010000;
  r.arrival_time_us = r.send_time_us = 10000;
  r.first_chunk_time_us = 15000;
  r.last_chunk_time_us = 15600;
  r.status = "ok";
  return r;
}

TEST(TraceCsv, WritesTheSample) {
  // Spec traces 3.
  EXPECT_EQ(csv_of({sample()}, kModeGenerated),
            std::string(kBaseHeader) +
                "\n0,chat,t1,batch,,0,,0,false,128,3,0,0,0,0,0,,300010000,0,10000,10000,15000,"
                "15600,0,ok,,\n");
}

TEST(TraceCsv, ConditionalColumnsAppearWhenARowNeedsThem) {
  TraceRecord r = sample();
  r.x_request_id = "x";
  EXPECT_EQ(csv_of({r}, kModeGenerated).find("x_request_id"), std::string::npos);
  EXPECT_THAT(csv_of({r}, kModeReal),
              HasSubstr(",slo_class,vllm_priority,session_id"));  // a class, and real
  EXPECT_THAT(csv_of({r}, kModeReal), HasSubstr(",finish_reason,x_request_id\n"));
  r.slo_target_us = 5;
  r.adapter = "a";
  r.think_time_us = 7;
  EXPECT_THAT(csv_of({r}, kModeGenerated), HasSubstr(",deadline_us,slo_target_us,server_input"));
  EXPECT_THAT(csv_of({r}, kModeGenerated), HasSubstr(",finish_reason,adapter,think_time_us\n"));
}

TEST(TraceCsv, TakesThreeColumnsFromTheWrongPlaceWhenThereAreTargets) {
  // [BUG] Spec traces 4 item 2.
  TraceRecord r = sample();
  r.session_id = "s";
  r.round_index = 4;
  r.prefix_group = "g";
  r.prefix_length = 64;
  r.model = "m";
  r.slo_target_us = 9;
  TraceRecord expected = r;
  expected.session_id = "4";
  expected.prefix_group = "64";
  expected.model = "300010000";
  EXPECT_EQ(records_of(csv_of({r}, kModeGenerated)), std::vector{expected});
  r.vllm_priority = expected.vllm_priority = 3;
  EXPECT_EQ(records_of(csv_of({r}, kModeGenerated)), std::vector{expected});
}

TEST(TraceCsv, FindsTrailingColumnsByNameAndIgnoresMore) {
  const std::string row = "\n7,,,,,0,,0,T,1,1,0,0,0,0,0.5,,0,0,1,0,0,0,0,odd status, e , f ";
  const auto records = records_of(std::string(kBaseHeader) + ",extra,think_time_us,adapter" + row +
                                  ",x, 5 , a ,y\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].think_time_us, 5);
  EXPECT_EQ(records[0].adapter, "a");
  EXPECT_EQ(records[0].error_message, "e");
  EXPECT_EQ(records[0].finish_reason, "f");
  EXPECT_EQ(records[0].status, "odd status");
  EXPECT_TRUE(records[0].streaming);
  EXPECT_EQ(records[0].injection_time_us(), 1);
}

TEST(TraceCsv, SaysWhereARowIsWrong) {
  const auto with = [](const std::string& row) { return std::string(kBaseHeader) + "\n" + row; };
  EXPECT_THAT(error_of(""), HasSubstr("no header row"));
  EXPECT_THAT(error_of(with("1,2\n")), HasSubstr("t.csv:2: 2 fields, expected at least 27"));
  EXPECT_THAT(error_of(with("x,,,,,0,,0,T,1,1,0,0,0,0,0,,0,0,1,0,0,0,0,ok,,\n")),
              HasSubstr("t.csv:2: request_id: \"x\" is not an integer"));
  EXPECT_THAT(error_of(with("1,,,,,0,,0,T,-1,1,0,0,0,0,0,,0,0,1,0,0,0,0,ok,,\n")),
              HasSubstr("input_tokens: -1 must not be negative"));
  EXPECT_THAT(error_of(with("1,,,,,0,,0,T,1,1,0,0,0,0,1.5,,0,0,1,0,0,0,0,ok,,\n")),
              HasSubstr("reason_ratio"));
  EXPECT_THAT(error_of(with("1,,,,,0,,0,yes,1,1,0,0,0,0,1,,0,0,1,0,0,0,0,ok,,\n")),
              HasSubstr("streaming"));
  EXPECT_THAT(error_of(with("1,,,,,0,,0,T,1,1,0,0,0,0,1,,4,0,5,0,0,0,0,ok,,\n")),
              HasSubstr("deadline_us: 4 lies before the arrival at 5"));
  EXPECT_EQ(error_of(with("-1,,,,,-1,,0,T,1,1,0,0,0,0,1,,4,0,-5,-6,-7,-8,0,,,\n")), "");
}

TEST(TraceCsv, NamesEveryColumnOfARowThatIsWrongAndReadsOn) {
  TraceReader reader(std::string(kBaseHeader) +
                         "\nx,,,,,0,,0,T,-1,7,0,0,0,0,2,,0,0,1,0,0,0,0,ok,,"
                         "\n5,,,,,0,,0,T,1,7,0,0,0,0,1,,0,0,1,0,0,0,0,ok,,\n",
                     "t.csv");
  TraceRecord record;
  EXPECT_THAT([&] { reader.next(record); },
              ::testing::ThrowsMessage<DataError>("t.csv:2: request_id: \"x\" is not an integer\n"
                                                  "t.csv:2: input_tokens: -1 must not be negative\n"
                                                  "t.csv:2: reason_ratio: \"2\" is not a number "
                                                  "from 0 to 1"));
  EXPECT_EQ(record.output_tokens, 7);
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.request_id, 5);
  EXPECT_FALSE(reader.next(record));
}

rc::Gen<std::string> any_text() {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab,\"\n x")));
}

rc::Gen<TraceRecord> any_record() {
  return rc::gen::exec([] {
    const auto count = [] { return *rc::gen::inRange<std::int64_t>(0, 1000); };
    TraceRecord r;
    r.request_id = *rc::gen::arbitrary<std::int64_t>();
    r.client_id = *any_text();
    r.slo_class = *any_text();
    r.vllm_priority = *rc::gen::elementOf(std::vector<std::int64_t>{0, 0, 3});
    r.session_id = *any_text();
    r.prefix_group = *any_text();
    r.streaming = *rc::gen::arbitrary<bool>();
    r.input_tokens = count();
    r.output_tokens = count();
    r.reason_ratio = static_cast<double>(count()) / 1000;
    r.arrival_time_us = count();
    r.deadline_us = *rc::gen::elementOf(std::vector<std::int64_t>{0, 1000, 5000});
    r.status = "ok";
    r.adapter = *rc::gen::elementOf(std::vector<std::string>{"", "", "lora"});
    r.x_request_id = *rc::gen::elementOf(std::vector<std::string>{"", "id"});
    r.think_time_us = *rc::gen::elementOf(std::vector<std::int64_t>{0, 0, 77});
    return r;
  });
}

RC_GTEST_PROP(TraceCsv, ReadsBackWhatItWrote, ()) {
  // Without a target column, see the bug above.
  const auto records = *rc::gen::container<std::vector<TraceRecord>>(any_record());
  const std::string csv = csv_of(records, kModeReal);
  const std::vector<TraceRecord> read = records_of(csv);
  RC_ASSERT(read == records);
  RC_ASSERT(csv_of(read, kModeReal) == csv);
}

TEST(TraceHeader, WritesTheExample) {
  // Spec traces 2.
  TraceHeader header;
  header.trace_version = kTraceVersion;
  header.time_unit = "microseconds";
  header.mode = kModeGenerated;
  header.workload_seed = 42;
  header.goodput_slo_targets["critical"] = {.ttft_ms = 100, .e2e_ms = 5000};
  EXPECT_EQ(format_trace_header(header), R"(trace_version: 3
time_unit: microseconds
mode: generated
warm_up_requests: 0
workload_seed: 42
goodput_slo_targets:
    critical:
        ttft_ms: 100
        e2e_ms: 5000
)");
}

TEST(TraceHeader, ReadsBackWhatItWrote) {
  TraceHeader header;
  header.trace_version = 3;
  header.time_unit = "us";
  header.created_at = "2026-08-22T20:18:00Z";
  header.mode = kModeReal;
  header.warm_up_requests = 5;
  header.workload_seed = 0;
  header.workload_spec = "preset:chatbot";
  header.session_context_growth = "accumulate";
  header.server = ServerInfo{.type = "vllm", .model = "m", .gpu_memory_utilization = 0.9};
  header.measured_rtt_ms = 0;
  header.goodput_slo_targets = {{"a10", {.itl_ms = 1}}, {"a9", {.ttft_ms = 2}}};
  header.kv_offload = OffloadHeader{.cpu_bytes_to_use = 1 << 20, .eviction_policy = "lru"};
  header.kv_offload->secondary_tiers.push_back(
      {.type = "fs", .root_dir = "/x", .read_bandwidth = 7000, .base_latency = 80});
  header.observed_kv_metrics = ObservedKvMetrics{.source = "tiered", .hit_rate = 0.734};
  const std::string text = format_trace_header(header);
  EXPECT_THAT(text, HasSubstr("network: {}\n"));
  EXPECT_THAT(text, HasSubstr("created_at: \"2026-08-22T20:18:00Z\"\n"));
  EXPECT_LT(text.find("a9:"), text.find("a10:"));
  const TraceHeader read = parse_trace_header(text, "t.yaml");
  EXPECT_EQ(format_trace_header(read), text);
  EXPECT_EQ(read.kv_offload, header.kv_offload);
  EXPECT_EQ(read.observed_kv_metrics, header.observed_kv_metrics);
  EXPECT_EQ(read.server, header.server);
}

TEST(TraceHeader, IsReadStrictly) {
  EXPECT_THROW(parse_trace_header("", "t.yaml"), ConfigError);
  EXPECT_THROW(parse_trace_header("mode: real\nmodel: x\n", "t.yaml"), ConfigError);
  EXPECT_THROW(parse_trace_header("server:\n  tp: 1\n", "t.yaml"), ConfigError);
  EXPECT_EQ(parse_trace_header("---\n", "t.yaml").trace_version, 0);
}

TEST(ItlFile, ReadsBackWhatItWrote) {
  const std::vector<ChunkTime> chunks = {{0, 0, 5}, {0, 1, 9}, {3, 0, 7}};
  ItlReader reader(format_itl_file(chunks), "t.itl.csv");
  std::vector<ChunkTime> read;
  ChunkTime chunk;
  while (reader.next(chunk)) read.push_back(chunk);
  EXPECT_EQ(read, chunks);
}

TEST(ItlFile, SaysWhereARowIsWrong) {
  const auto error_of_itl = [](const std::string& text) -> std::string {
    try {
      ItlReader reader(text, "t.csv");
      ChunkTime chunk;
      while (reader.next(chunk)) {
      }
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(error_of_itl(""), HasSubstr("no header row"));
  EXPECT_THAT(error_of_itl("a,b,c\n1,2,3\n1,2\n"), HasSubstr("t.csv:3: 2 fields, expected 3"));
  EXPECT_THAT(error_of_itl("a,b\n1,2\n"), HasSubstr("expected 3"));
  EXPECT_THAT(error_of_itl("a,b,c\n1,-2,3\n"), HasSubstr("chunk_index"));
  EXPECT_EQ(error_of_itl("a,b,c,d\n1,2,3,x\n"), "");
}

}  // namespace
}  // namespace blis::trace
