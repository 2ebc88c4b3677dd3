#include "report/fleet_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/run_report.h"
#include "testing/reported_run.h"

namespace blis::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(FleetCounters, AreLeftOutOfRunsThatCannotHaveAny) {
  testing::ReportedRun run;
  run.add({.number = 0, .ttft = 5, .e2e = 9});
  const std::string text = render_stdout(RunSummary(run.result()), {});
  EXPECT_THAT(text, Not(HasSubstr("placement")));
  EXPECT_THAT(text, Not(HasSubstr("failures")));
  EXPECT_THAT(text, Not(HasSubstr("Lost")));
}

TEST(FleetCounters, StandInTheClustersBlockOnly) {
  testing::ReportedRun run(2);
  run.add({.number = 0, .ttft = 5, .e2e = 9});
  run.fields().placement = {.nodes = 3,
                            .nodes_provisioned = 2,
                            .nodes_removed = 1,
                            .instances_waiting = 4,
                            .instances_waited = 6,
                            .most_waiting = 5};
  run.fields().failures = {.gpu_failures = 1,
                           .node_failures = 2,
                           .instance_failures = 3,
                           .instances_evacuated = 4,
                           .instance_restarts = 5,
                           .interrupted_requests = 6,
                           .request_retries = 7,
                           .lost_requests = 8};
  const std::string text = render_stdout(RunSummary(run.result()), {.instance_blocks = true});
  const std::string expected = R"(  "placement": {
    "nodes": 3,
    "nodes_provisioned": 2,
    "nodes_removed": 1,
    "instances_waiting": 4,
    "instances_waited": 6,
    "most_instances_waiting": 5
  },
  "failures": {
    "gpu_failures": 1,
    "node_failures": 2,
    "instance_failures": 3,
    "instances_evacuated": 4,
    "instance_restarts": 5,
    "interrupted_requests": 6,
    "request_retries": 7,
    "lost_requests": 8
  }
)";
  const std::size_t at = text.find(expected);
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_GT(at, text.find("\"cluster\""));
  EXPECT_EQ(text.find("\"placement\""), text.rfind("\"placement\""));
  EXPECT_THAT(text, HasSubstr("\nLost to Failures: 8\n"));
}

}  // namespace
}  // namespace blis::report
