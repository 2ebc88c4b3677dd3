#include "report/sections.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "report/anomalies.h"
#include "report/run_report.h"
#include "testing/reported_run.h"

namespace blis::report {
namespace {

using testing::ReportedRun;

TEST(AnomalySection, IsAbsentWithoutAnomaliesEvenIfClassesWereShed) {
  ReportedRun run;
  run.fields().gateway.shed_by_class["batch"] = 3;
  EXPECT_EQ(anomaly_section(RunSummary(run.result())), "");
}

TEST(AnomalySection, PrintsGatewayLinesOnlyWhenPositive) {
  ReportedRun run;
  run.fields().gateway.rejected = 2;
  run.fields().gateway.shed_by_class = {{"sheddable", 1}, {"batch", 3}};
  run.fields().gateway.expired = 4;
  run.instance(0).metrics.timed_out_requests = 5;
  EXPECT_EQ(anomaly_section(RunSummary(run.result())), R"(=== Anomaly Counters ===
Priority Inversions: 0
HOL Blocking Events: 0
Rejected Requests (Admission): 2
  Shed (batch): 3
  Shed (sheddable): 1
Rejected Requests (Routing): 0
Dropped Unservable: 0
Timed Out Requests: 5
Length-Capped Requests: 0
Gateway Expired (TTL): 4
)");
}

TEST(HolBlocking, CountsInstancesWithMoreThanTwiceTheMeanQueue) {
  // Spec data-plane 17.3: averages 40, 5, 0, 0 have the mean 11.25.
  ReportedRun run(4);
  const std::int64_t averages[] = {40, 5, 0, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    run.instance(i).metrics.steps = 10;
    run.instance(i).metrics.wait_queue_sample_sum = 10 * averages[i];
  }
  EXPECT_EQ(hol_blocking_events(run.result().instances), 1);
}

TEST(HolBlocking, NeverHappensAtOneInstance) {
  ReportedRun run(1);
  run.instance(0).metrics.steps = 1;
  run.instance(0).metrics.wait_queue_sample_sum = 100;
  EXPECT_EQ(hol_blocking_events(run.result().instances), 0);
}

TEST(PriorityInversions, ComparesOnlyWithinClassAndInstance) {
  ReportedRun run(2);
  run.add({.number = 0, .arrival = 0, .e2e = 5000, .slo_class = "a"}, 0);
  run.add({.number = 1, .arrival = 1, .e2e = 1000, .slo_class = "b"}, 0);
  run.add({.number = 2, .arrival = 2, .e2e = 1000, .slo_class = "a"}, 1);
  run.add({.number = 3, .arrival = 3, .e2e = 2499, .slo_class = "a"}, 0);
  EXPECT_EQ(priority_inversions(RunSummary(run.result())), 0);  // not a priority scheduler
  run.fields().counts_priority_inversions = true;
  EXPECT_EQ(priority_inversions(RunSummary(run.result())), 1);
}

RC_GTEST_PROP(PriorityInversions, AgreeWithLookingAtEveryPair, ()) {
  const auto small = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20));
  std::vector<double> values(small.begin(), small.end());
  std::int64_t expected = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) expected += values[i] > 2.0 * values[j];
  }
  RC_ASSERT(pairs_more_than_doubled(values) == expected);
}

TEST(KvSection, IsPrintedWhenAnyRateIsNotZero) {
  EXPECT_EQ(kv_section({}), "");
  MetricsTotals totals;
  totals.completed = 3;
  totals.preemptions = 1;
  EXPECT_EQ(kv_section(totals),
            "=== KV Cache Metrics ===\nPreemption Rate: 0.3333\nCache Hit Rate: 0.0000\n"
            "KV Thrashing Rate: 0.0000\n");
}

TEST(SloSection, NeedsTwoClassesOrTargets) {
  ReportedRun run;
  run.add({.number = 0, .ttft = 1000, .e2e = 3000, .itl_mean = 500});
  EXPECT_EQ(slo_section(RunSummary(run.result()), false), "");
  EXPECT_EQ(slo_section(RunSummary(run.result()), true), R"(=== Per-SLO Metrics ===
  default:
    TTFT: mean=1000.00 p99=1000.00 (n=1)
    ITL:  mean=500.00 p99=500.00 (n=1)
    E2E:  mean=3000.00 p99=3000.00 (n=1)
)");
  run.add({.number = 1, .ttft = 2000, .slo_class = "batch"});  // timed out after its first token
  EXPECT_EQ(slo_section(RunSummary(run.result()), false), R"(=== Per-SLO Metrics ===
  batch:
    TTFT: mean=2000.00 p99=2000.00 (n=1)
    ITL:  mean=0.00 p99=0.00 (n=0)
    E2E:  mean=0.00 p99=0.00 (n=0)
  default:
    TTFT: mean=1000.00 p99=1000.00 (n=1)
    ITL:  mean=500.00 p99=500.00 (n=1)
    E2E:  mean=3000.00 p99=3000.00 (n=1)
)");
}

TEST(ModelSection, CountsPlannedTokensOfCompletedRequests) {
  ReportedRun run;
  run.add({.number = 0, .ttft = 1000, .e2e = 3000, .output = 20, .model = "m"});
  run.add({.number = 1, .ttft = 2000, .output = 50, .model = "m"});
  run.add({.number = 2, .ttft = 2000, .e2e = 3000});
  run.instance(0).metrics.sim_ended = Micros(4'000'000);
  EXPECT_EQ(model_section(RunSummary(run.result())), R"(=== Per-Model Metrics ===
  m:
    TTFT: p50=1500.00 p99=1990.00 (n=2)
    E2E:  p50=3000.00 p99=3000.00 (n=1)
    Throughput: 0.25 req/s, 5.00 tok/s
)");
}

TEST(TenantSection, EndsWithJainsIndex) {
  // Spec data-plane 17.7: (10000, 1000) gives 0.599009900990099.
  ReportedRun run;
  run.add({.number = 0, .e2e = 1, .output = 10000, .tenant = "t1"});
  run.add({.number = 1, .e2e = 1, .output = 1000, .tenant = "t0"});
  run.add({.number = 2, .output = 1000, .tenant = "t2"});  // did not complete
  EXPECT_EQ(tenant_section(RunSummary(run.result())), R"(=== Per-Tenant Metrics ===
  t0: requests=1, tokens=1000
  t1: requests=1, tokens=10000
  Jain Fairness Index: 0.5990
)");
}

TEST(SessionSection, SeparatesColdFromWarm) {
  ReportedRun run;
  run.add({.number = 0, .arrival = 1'000'000, .ttft = 4000, .e2e = 10'000, .session = "s"});
  run.add(
      {.number = 1, .arrival = 2'000'000, .ttft = 2000, .e2e = 10'000, .session = "s", .round = 1});
  run.add({.number = 2, .arrival = 5, .session = "never answered"});
  EXPECT_EQ(session_section(RunSummary(run.result())), R"(=== Session Metrics ===
  Sessions: 2
  TTFT cold (round 0): mean=4.00 p50=4.00 p95=4.00 p99=4.00 ms (n=1)
  TTFT warm (round≥1): mean=2.00 p50=2.00 p95=2.00 p99=2.00 ms (n=1)
  Session duration:    mean=1010.00 p50=1010.00 p95=1010.00 p99=1010.00 ms (n=1)
)");
}

TEST(DisaggregationSection, ComparesThePoolsAndNamesAnIdleOne) {
  ReportedRun run(2);
  run.instance(0).serves_prefill = true;
  run.instance(1).serves_decode = true;
  run.instance(0).metrics.completed_requests = 4;
  run.instance(0).metrics.sim_ended = Micros(2'000'000);
  const RequestId parent = run.add_original(0);
  run.requests()[parent].measured.has_ttft = true;
  run.requests()[parent].measured.ttft = Micros(451);
  run.fields().disaggregation = cluster::DisaggregationResult{};
  EXPECT_EQ(disaggregation_section(RunSummary(run.result())), "");  // nothing was split
  run.fields().disaggregation->parents = {{.request = parent,
                                           .transfer_start = Micros(100),
                                           .transfer_complete = Micros(151),
                                           .has_decode_instance = true}};
  run.fields().disaggregation->contention = {.peak_concurrent_transfers = 1,
                                             .mean_transfer_queue_depth = 0.5};
  EXPECT_EQ(disaggregation_section(RunSummary(run.result())), R"(=== PD Metrics ===
Disaggregated Requests: 1
Dropped at Decode KV: 0
Prefill Throughput: 2.0000 sub-req/s
Decode Throughput: 0.0000 sub-req/s
Load Imbalance Ratio: inf (one pool idle)
Parent TTFT (us): mean=451.0 p50=451.0 p95=451.0 p99=451.0
KV Transfer Duration (us): mean=51.0 p50=51.0 p95=51.0 p99=51.0
Peak Concurrent Transfers: 1
Mean Transfer Queue Depth: 0.5000
)");
}

TEST(TraceSection, ListsTargetsInOrder) {
  gateway::TraceSummary trace;
  trace.decisions = 3;
  trace.admitted = 2;
  trace.rejected = 1;
  EXPECT_EQ(trace_section(trace).find("Target Distribution"), std::string::npos);
  trace.targets = {{"instance_1", 1}, {"instance_0", 1}};
  trace.max_regret = 0.3;
  EXPECT_EQ(trace_section(trace), R"(=== Trace Summary ===
Total Decisions: 3
  Admitted: 2
  Rejected: 1
Unique Targets: 2
Target Distribution:
  instance_0: 1
  instance_1: 1
Mean Regret: 0.000000
Max Regret: 0.300000
)");
}

std::string results_file(const RunSummary& summary) {
  JsonWriter json;
  write_results(json, summary);
  return json.text();
}

TEST(ResultsFile, HoldsCompletedRequestsByNumber) {
  ReportedRun run;
  EXPECT_EQ(results_file(RunSummary(run.result())), "[]");
  run.add({.number = 10, .ttft = 5, .e2e = 9, .itl_mean = 0});
  run.add({.number = 9, .ttft = 5, .e2e = 9, .itl_mean = 1.5, .slo_class = "c", .model = "m"});
  run.add({.number = 3, .ttft = 5});
  const RequestId follow_up = run.add({.number = 4, .ttft = 5, .e2e = 9, .session = "s"});
  run.requests()[follow_up].spec.name.session = run.symbols().find("s");
  EXPECT_EQ(results_file(RunSummary(run.result())), R"([
  {
    "request_id": 9,
    "ttft_us": 5,
    "e2e_us": 9,
    "input_tokens": 10,
    "output_tokens": 5,
    "slo_class": "c",
    "model": "m",
    "itl_mean_us": 1.5
  },
  {
    "request_id": 10,
    "ttft_us": 5,
    "e2e_us": 9,
    "input_tokens": 10,
    "output_tokens": 5
  }
])");
}

}  // namespace
}  // namespace blis::report
