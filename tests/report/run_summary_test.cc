#include "report/run_summary.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "testing/reported_run.h"

namespace blis::report {
namespace {

using testing::ReportedRun;

TEST(RunSummary, AddsCountsTakesTheLatestEndAndAveragesRates) {
  ReportedRun run(3);
  for (std::size_t i = 0; i < 3; ++i) {
    engine::InstanceMetrics& m = run.instance(i).metrics;
    m.completed_requests = 1;
    m.preemption_count = static_cast<std::int64_t>(i);
    m.still_queued = 2;
    m.sim_ended = Micros(static_cast<std::int64_t>(10 * (3 - i)));
    m.itl.add(100);
  }
  run.instance(1).metrics.cache_hit_rate = 0.9;
  const RunSummary summary(run.result());
  const MetricsTotals& t = summary.cluster().totals;
  EXPECT_EQ(t.completed, 3);
  EXPECT_EQ(t.preemptions, 3);
  EXPECT_EQ(t.injected(), 9);
  EXPECT_EQ(t.sim_ended, Micros(30));
  EXPECT_EQ(t.cache_hit_rate, 0.9 / 3);  // idle instances count
  EXPECT_EQ(t.preemption_rate(), 1.0);
  EXPECT_EQ(summary.cluster().itl->count(), 3);
}

TEST(RunSummary, SplitRequestsCountOnceAndShowTheirParent) {
  ReportedRun run(2);
  const auto half = [&](std::int64_t number, request::RequestPart part, std::size_t instance) {
    const RequestId id = run.add({.number = number, .ttft = 10, .e2e = 20}, instance);
    run.requests()[id].spec.name.part = part;
  };
  half(0, request::RequestPart::kPrefill, 0);
  half(0, request::RequestPart::kDecode, 1);
  half(1, request::RequestPart::kPrefill, 0);  // its transfer is still under way
  const RequestId parent = run.add_original(0);
  request::Measurements& m = run.requests()[parent].measured;
  m.registered = m.has_ttft = m.has_e2e = true;
  m.ttft = Micros(451);
  m.e2e = Micros(452);
  m.instance = InstanceId(std::size_t{1});
  const RequestId unfinished = run.add_original(1);
  run.fields().disaggregation =
      cluster::DisaggregationResult{.prefill_completed = 2,
                                    .decode_completed = 1,
                                    .parents = {{.request = parent}, {.request = unfinished}}};

  const RunSummary summary(run.result());
  EXPECT_EQ(summary.cluster().totals.completed, 1);  // three halves completed
  EXPECT_EQ(summary.cluster().totals.still_running, 1);
  ASSERT_EQ(summary.cluster().rows.size(), 1u);
  EXPECT_EQ(summary.name(*summary.cluster().rows.begin()), "request_0");
  EXPECT_EQ(summary.handled_by(*summary.cluster().rows.begin()), "instance_1");
  EXPECT_EQ(summary.instances()[0].rows.size(), 2u);
}

TEST(RunSummary, TheHighestInstanceOwnsWhatNamesakesMeasured) {
  ReportedRun run(2);
  run.add({.number = 5, .ttft = 100, .e2e = 900}, 1);
  run.add({.number = 5, .ttft = 300, .e2e = 400}, 0);
  const RunSummary summary(run.result());
  ASSERT_EQ(summary.cluster().rows.size(), 1u);
  const RequestRow row = *summary.cluster().rows.begin();
  EXPECT_EQ(row.measured->e2e, Micros(900));
  EXPECT_EQ(summary.handled_by(row), "instance_1");
  EXPECT_EQ(summary.cluster().totals.completed, 2);  // counters know nothing of names
}

TEST(RunSummary, NamesakesAtOneInstanceKeepWhatWasWrittenLast) {
  ReportedRun run;
  const RequestId late = run.add({.number = 5, .arrival = 0, .ttft = 5000, .e2e = 6000});
  const RequestId early = run.add({.number = 5, .arrival = 10, .ttft = 100, .e2e = 200});
  run.requests()[late].finished_step = 9;
  run.requests()[early].finished_step = 2;
  const RunSummary summary(run.result());
  ASSERT_EQ(summary.cluster().rows.size(), 1u);
  const RequestRow row = *summary.cluster().rows.begin();
  EXPECT_EQ(row.measured->ttft, Micros(5000));
  EXPECT_EQ(row.measured->e2e, Micros(6000));
  EXPECT_EQ(row.spec->arrival, Micros(10));  // the row is that of the last one injected
}

RC_GTEST_PROP(RunSummary, MergingIsTheSumOverInstances, ()) {
  const auto counts =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 1000));
  ReportedRun run(counts.size());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    run.instance(i).metrics.timed_out_requests = counts[i];
    sum += counts[i];
  }
  const RunSummary summary(run.result());
  RC_ASSERT(summary.cluster().totals.timed_out == sum);
  RC_ASSERT(summary.cluster().totals.injected() == sum);
}

}  // namespace
}  // namespace blis::report
