#include "report/gpu_costs.h"

#include <gtest/gtest.h>

#include "report/run_report.h"
#include "testing/reported_run.h"

namespace blis::report {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;

std::string text_of(const control::GpuUsage& usage, const SymbolTable& symbols,
                    std::int64_t output_tokens) {
  JsonWriter json;
  json.begin_object();
  write_gpu_costs(json, usage, symbols, output_tokens);
  json.end_object();
  return json.text();
}

TEST(GpuCosts, AddsUpTypesAndModels) {
  SymbolTable symbols;
  const Symbol m = symbols.intern("m");
  const control::GpuUsage usage{
      .provisioned = {{"H100", 2.0, 10 * kHour}, {"L40S", 1.0, 4 * kHour}, {"H100", 3.0, kHour}},
      .owned = {{"H100", m, 9 * kHour}, {"L40S", m, kHour}}};
  EXPECT_EQ(text_of(usage, symbols, 2'000'000), R"({
  "gpu_costs": {
    "gpu_hours": 15,
    "unused_gpu_hours": 5,
    "gpu_hours_by_gpu_type": {
      "H100": 11,
      "L40S": 4
    },
    "used_gpu_hours_by_model": {
      "m": 10
    },
    "cost_usd": 27,
    "usd_per_million_output_tokens": 13.5
  }
})");
}

TEST(GpuCosts, LeavesOutWhatIsNotKnown) {
  const SymbolTable symbols;
  const std::string unpriced =
      text_of({.provisioned = {{"H100", std::nullopt, kHour}}, .owned = {}}, symbols, 10);
  EXPECT_EQ(unpriced.find("usd"), std::string::npos) << unpriced;
  const std::string idle =
      text_of({.provisioned = {{"H100", 1.0, kHour}}, .owned = {}}, symbols, 0);
  EXPECT_NE(idle.find("\"cost_usd\": 1"), std::string::npos) << idle;
  EXPECT_EQ(idle.find("per_million"), std::string::npos) << idle;
}

TEST(GpuCosts, AreTheClustersAndOnlyIfAskedFor) {
  testing::ReportedRun run(2);
  run.add({.number = 0, .ttft = 1, .e2e = 2});
  const RunSummary summary(run.result());
  EXPECT_EQ(render_stdout(summary, {}).find("gpu_costs"), std::string::npos);
  const std::string text = render_stdout(summary, {.instance_blocks = true, .gpu_costs = true});
  EXPECT_EQ(text.find("gpu_costs"), text.rfind("gpu_costs"));
  EXPECT_GT(text.find("gpu_costs"), text.find("\"cluster\""));
}

}  // namespace
}  // namespace blis::report
