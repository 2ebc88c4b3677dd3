#include "report/metrics_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <utility>
#include <vector>

#include "report/run_report.h"
#include "testing/reported_run.h"

namespace blis::report {
namespace {

using testing::ReportedRequest;
using testing::ReportedRun;

// Spec engine 17, example E1: queueing 1064, step 1000, output processing 500; 32 tokens in, 3 out.
ReportedRun single_request() {
  ReportedRun run;
  run.add({.number = 0,
           .ttft = 2564,
           .e2e = 5564,
           .itl_mean = 1500,
           .delay = 1064,
           .input = 32,
           .output = 3});
  engine::InstanceMetrics& m = run.instance(0).metrics;
  m.total_input_tokens = 32;
  m.total_output_tokens = 3;
  m.itl.add(1500, 2);
  m.sim_ended = Micros(4064);
  m.steps = 3;
  return run;
}

std::string metrics_file(const RunSummary& summary) {
  JsonWriter json;
  write_metrics(json, summary, {});
  return json.text();
}

TEST(MetricsJson, RendersTheSingleRequestExample) {
  ReportedRun run = single_request();
  const RunSummary summary(run.result());
  EXPECT_EQ(render_stdout(summary, {}), R"(=== Simulation Metrics ===
{
  "instance_id": "cluster",
  "completed_requests": 1,
  "still_queued": 0,
  "still_running": 0,
  "injected_requests": 1,
  "total_input_tokens": 32,
  "total_output_tokens": 3,
  "vllm_estimated_duration_s": 0.004064,
  "responses_per_sec": 246.06299212598427,
  "tokens_per_sec": 738.1889763779528,
  "e2e_mean_ms": 5.564,
  "e2e_p90_ms": 5.564,
  "e2e_p95_ms": 5.564,
  "e2e_p99_ms": 5.564,
  "ttft_mean_ms": 2.564,
  "ttft_p90_ms": 2.564,
  "ttft_p95_ms": 2.564,
  "ttft_p99_ms": 2.564,
  "itl_mean_ms": 1.5,
  "itl_p90_ms": 1.5,
  "itl_p95_ms": 1.5,
  "itl_p99_ms": 1.5,
  "scheduling_delay_p99_ms": 1.064,
  "preemption_count": 0,
  "dropped_unservable": 0,
  "length_capped_requests": 0,
  "timed_out_requests": 0
}
)");
}

TEST(MetricsJson, FileAddsHitRateAndRowsAndEndsWithoutNewline) {
  ReportedRun run = single_request();
  const RunSummary summary(run.result());
  const std::string file = metrics_file(summary);
  EXPECT_NE(file.find("  \"preemption_count\": 0,\n  \"cache_hit_rate\": 0,\n"), std::string::npos);
  EXPECT_TRUE(file.ends_with(R"(  "timed_out_requests": 0,
  "requests": [
    {
      "arrived_at": 0,
      "requestID": "request_0",
      "num_prefill_tokens": 32,
      "num_decode_tokens": 3,
      "ttft_ms": 2.564,
      "itl_ms": 1.5,
      "e2e_ms": 5.564,
      "scheduling_delay_ms": 1.064,
      "handled_by": "instance_0",
      "round_index": 0
    }
  ]
})")) << file;
}

TEST(MetricsJson, RowsComeInNameOrderWhenTheyArriveTogether) {
  ReportedRun run;
  for (const std::int64_t number : {2, 10, 1}) run.add({.number = number, .arrival = 7});
  const RunSummary summary(run.result());
  std::vector<std::string> names;
  for (const RequestRow* row : rows_by_arrival(summary.cluster())) {
    names.push_back(summary.name(*row));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"request_1", "request_10", "request_2"}));
}

TEST(MetricsJson, LatenciesAreZeroWhenNothingCompleted) {
  ReportedRun run;
  run.add({.ttft = 1000});
  const RunSummary summary(run.result());
  const std::string json = metrics_json(summary, summary.cluster(), {});
  EXPECT_NE(json.find("\"ttft_mean_ms\": 0,"), std::string::npos);
}

TEST(MetricsJson, DroppedRequestsHaveNoRow) {
  ReportedRun run;
  const RequestId dropped = run.add({.number = 1});
  run.requests()[dropped].measured.registered = false;
  const RunSummary summary(run.result());
  EXPECT_TRUE(rows_by_arrival(summary.cluster()).empty());
}

TEST(MetricsJson, OmitsWhatIsZeroAndPrintsWhatIsNot) {
  ReportedRun run;
  const RequestId id = run.add({.number = 1, .slo_class = "batch", .session = "s", .round = 2});
  request::Measurements& m = run.requests()[id].measured;
  m.gateway_enqueue = Micros(1000);
  m.gateway_dispatch = Micros(2500);
  m.length_capped = true;
  run.instance(0).metrics.kv_allocation_failures = 4;
  const RunSummary summary(run.result());
  const std::string file = metrics_file(summary);
  EXPECT_NE(file.find("\"kv_allocation_failures\": 4,\n  \"preemption_count\""), std::string::npos);
  EXPECT_NE(file.find(R"("slo_class": "batch",
      "handled_by": "instance_0",
      "length_capped": true,
      "gateway_queue_delay_ms": 1.5,
      "session_id": "s",
      "round_index": 2)"),
            std::string::npos)
      << file;
}

TEST(MetricsJson, AdaptersShowCountsAndWhatTheirRequestsMeasured) {
  ReportedRun run(2);
  run.add({.number = 0, .ttft = 1000, .e2e = 5000, .output = 30, .adapter = "a"}, 0);
  run.add({.number = 1, .ttft = 3000, .e2e = 9000, .output = 10, .adapter = "a"}, 1);
  run.add({.number = 2, .ttft = 500, .adapter = "unfinished"}, 1);
  run.instance(0).adapter_counts[run.symbols().intern("a")] = {.loads = 1, .evictions = 0};
  run.instance(1).adapter_counts[run.symbols().intern("a")] = {.loads = 2, .evictions = 1};
  run.instance(1).adapter_counts[run.symbols().intern("b")] = {.loads = 1, .evictions = 1};
  run.instance(0).metrics.sim_ended = Micros(2'000'000);
  const RunSummary summary(run.result());
  const std::string json = metrics_json(summary, summary.cluster(), {});
  EXPECT_TRUE(json.ends_with(R"(  "adapters": {
    "a": {
      "load_count": 3,
      "eviction_count": 1,
      "ttft_p50_us": 2000,
      "ttft_p99_us": 2980,
      "throughput_tok_per_s": 20
    },
    "b": {
      "load_count": 1,
      "eviction_count": 1,
      "ttft_p50_us": 0,
      "ttft_p99_us": 0,
      "throughput_tok_per_s": 0
    }
  }
})")) << json;
}

// Requests of which only records are left give the files of those that were kept.
RC_GTEST_PROP(MetricsJson, RecordsGiveTheFilesOfWholeRequests, ()) {
  const auto instances = *rc::gen::inRange<std::size_t>(1, 4);
  ReportedRun run(instances);
  std::vector<std::int64_t> numbers(*rc::gen::inRange<std::size_t>(0, 60));
  std::iota(numbers.begin(), numbers.end(), *rc::gen::element<std::int64_t>(-3, 0, 5, 95));
  for (std::size_t i = numbers.size(); i > 1; --i) {
    std::swap(numbers[i - 1], numbers[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  std::vector<RequestId> ended;
  for (const std::int64_t number : numbers) {
    const auto text = [](const char* name) {
      return *rc::gen::element<std::string>("", name, std::string(name) + "2");
    };
    const bool completed = *rc::gen::arbitrary<bool>();
    const RequestId id = run.add({.number = number,
                                  .arrival = *rc::gen::inRange<std::int64_t>(0, 5),
                                  .ttft = *rc::gen::inRange<std::int64_t>(-1, 9),
                                  .e2e = completed ? *rc::gen::inRange<std::int64_t>(0, 99) : -1,
                                  .itl_mean = completed ? 1.0 / 3 : -1,
                                  .delay = *rc::gen::inRange<std::int64_t>(-1, 3),
                                  .slo_class = text("class"),
                                  .tenant = text("tenant"),
                                  .model = text("model"),
                                  .adapter = text("adapter"),
                                  .session = text("session"),
                                  .round = *rc::gen::inRange(0, 3)},
                                 *rc::gen::inRange<std::size_t>(0, instances));
    request::Request& r = run.requests()[id];
    r.measured.registered = *rc::gen::inRange(0, 5) != 0;
    r.measured.length_capped = *rc::gen::arbitrary<bool>();
    if (completed) r.state = request::RequestState::kCompleted;
    ended.push_back(id);
  }
  const auto files = [&run] {
    const RunSummary summary(run.result());
    JsonWriter results;
    write_results(results, summary);
    return metrics_file(summary) + results.text() + render_stdout(summary, {});
  };
  const std::string whole = files();
  for (const RequestId id : ended) run.requests().retire(id);
  run.fields().keeps_finished_requests = false;
  RC_ASSERT(files() == whole);
}

TEST(MetricsJson, PrintsOneBlockPerInstanceFirst) {
  ReportedRun run(2);
  const RunSummary summary(run.result());
  const std::string out = render_stdout(summary, {.instance_blocks = true});
  const std::size_t first = out.find("\"instance_0\"");
  const std::size_t second = out.find("\"instance_1\"");
  const std::size_t cluster = out.find("\"cluster\"");
  EXPECT_LT(first, second);
  EXPECT_LT(second, cluster);
  EXPECT_NE(cluster, std::string::npos);
}

}  // namespace
}  // namespace blis::report
