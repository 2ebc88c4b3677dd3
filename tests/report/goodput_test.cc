#include "report/goodput.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "report/run_report.h"
#include "testing/reported_run.h"

namespace blis::report {
namespace {

using testing::ReportedRun;

TEST(Goodput, MatchesTheExample) {
  // Spec cli 15.6: a 5 s limit, 1 s and 10 s requests, 10 s of run.
  ReportedRun run;
  run.add({.number = 0, .e2e = 1'000'000, .slo_class = "critical"});
  run.add({.number = 1, .e2e = 10'000'000, .slo_class = "critical"});
  run.fields().gateway.injected_by_class["critical"] = 2;
  run.instance(0).metrics.sim_ended = Micros(10'000'000);
  const RunSummary summary(run.result());
  const Goodput goodput = evaluate_goodput(summary, {{"critical", {.e2e_ms = 5000}}});
  EXPECT_EQ(goodput.attainment, 0.5);
  EXPECT_EQ(goodput.goodput_rps, 0.1);
  EXPECT_EQ(goodput.classes.at("critical").good, 1);
  EXPECT_EQ(goodput.classes.at("critical").attainment_by_dimension,
            (std::map<std::string, double>{{"e2e", 0.5}}));

  ReportOptions options;
  options.goodput_targets = {{"critical", {.e2e_ms = 5000}}};
  EXPECT_NE(render_stdout(summary, options).find(R"(  "timed_out_requests": 0,
  "goodput_rps": 0.1,
  "slo_attainment": 0.5,
  "per_class": {
    "critical": {
      "count": 2,
      "e2e_p99_ms": 9910,
      "goodput_rps": 0.1,
      "slo_attainment": 0.5,
      "slo_attainment_by_dim": {
        "e2e": 0.5
      }
    }
  }
})"),
            std::string::npos)
      << render_stdout(summary, options);
}

TEST(Goodput, RequestsWithoutClassBelongToDefaultAndStrangersToNobody) {
  ReportedRun run;
  run.add({.number = 0, .ttft = 1, .e2e = 1});
  run.add({.number = 1, .ttft = 1, .e2e = 1, .slo_class = "default"});
  run.add({.number = 2, .ttft = 1, .e2e = 1, .slo_class = "batch"});
  run.fields().gateway.injected_by_class = {{"", 2}, {"default", 1}, {"batch", 7}};
  const RunSummary summary(run.result());
  const Goodput goodput = evaluate_goodput(summary, {{"default", {.ttft_ms = 1}}});
  EXPECT_EQ(goodput.classes.at("default").injected, 3);
  EXPECT_EQ(goodput.classes.at("default").good, 2);
  EXPECT_EQ(goodput.classes.size(), 1u);
}

TEST(Goodput, AMissingMeasurementFailsItsDimension) {
  ReportedRun run;
  run.add({.number = 0, .e2e = 1});
  run.fields().gateway.injected_by_class = {{"default", 1}};
  const RunSummary summary(run.result());
  const Goodput goodput =
      evaluate_goodput(summary, {{"default", {.ttft_ms = 9, .itl_ms = 9, .e2e_ms = 9}}});
  EXPECT_EQ(goodput.classes.at("default").good, 0);
  EXPECT_EQ(goodput.classes.at("default").attainment_by_dimension,
            (std::map<std::string, double>{{"e2e", 1.0}, {"itl", 0.0}, {"ttft", 0.0}}));
}

TEST(Goodput, NegativeThresholdsGateNothing) {
  ReportedRun run;
  run.add({.number = 0, .e2e = 1'000'000'000});
  run.fields().gateway.injected_by_class = {{"default", 1}};
  const RunSummary summary(run.result());
  const Goodput goodput = evaluate_goodput(summary, {{"default", {.e2e_ms = -1}}});
  EXPECT_EQ(goodput.classes.at("default").good, 1);
  EXPECT_TRUE(goodput.classes.at("default").attainment_by_dimension.empty());
}

RC_GTEST_PROP(Goodput, TighteningATargetNeverHelps, ()) {
  ReportedRun run;
  const auto e2es =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 10'000));
  for (std::size_t i = 0; i < e2es.size(); ++i) {
    run.add({.number = static_cast<std::int64_t>(i), .ttft = e2es[i] / 3, .e2e = e2es[i]});
  }
  run.fields().gateway.injected_by_class = {{"default", static_cast<std::int64_t>(e2es.size())}};
  const RunSummary summary(run.result());
  const double wide = *rc::gen::inRange(1, 12);
  const double tight = *rc::gen::inRange(1, static_cast<int>(wide) + 1);
  const Goodput before = evaluate_goodput(summary, {{"default", {.e2e_ms = wide}}});
  const Goodput after = evaluate_goodput(summary, {{"default", {.e2e_ms = tight}}});
  const Goodput gated = evaluate_goodput(summary, {{"default", {.ttft_ms = 1, .e2e_ms = wide}}});
  RC_ASSERT(before.attainment >= 0 && before.attainment <= 1);
  RC_ASSERT(after.attainment <= before.attainment);
  RC_ASSERT(gated.classes.at("default").good <= before.classes.at("default").good);
}

}  // namespace
}  // namespace blis::report
