// What reporting costs per request of a run, and what a saturation report costs per event.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "report/run_report.h"
#include "report/saturation/saturation.h"

namespace blis::report {
namespace {

// A finished run of one instance; arrivals come in pairs, so that the order of rows has ties to
// keep.
cluster::SimulationResult finished_run(std::int64_t requests) {
  auto symbols = std::make_shared<SymbolTable>();
  auto table = std::make_shared<request::RequestTable>();
  const Symbol classes[] = {symbols->intern("batch"), symbols->intern("standard")};
  cluster::SimulationResult result;
  cluster::InstanceResult& instance = result.instances.emplace_back();
  instance.name = "instance_0";
  for (std::int64_t i = 0; i < requests; ++i) {
    request::RequestSpec spec;
    spec.name.number = i;
    spec.arrival = Micros(i / 2 * 1000);
    spec.slo_class = classes[i % 2];
    const RequestId id = table->add(std::move(spec));
    request::Measurements& m = (*table)[id].measured;
    m.registered = m.has_ttft = m.has_e2e = m.has_itl_mean = m.has_scheduling_delay = true;
    m.instance = InstanceId(std::size_t{0});
    m.ttft = Micros(5000 + i * 7919 % 977);
    m.e2e = Micros(90000 + i * 104729 % 7919);
    m.itl_mean_us = 1000.0 / 3;
    m.scheduling_delay = Micros(i % 1000);
    instance.rows.push_back(id);
  }
  instance.metrics.completed_requests = requests;
  instance.metrics.sim_ended = Micros(requests * 500);
  result.symbols = symbols;
  result.requests = table;
  return result;
}

void BM_Summary(benchmark::State& state) {
  const cluster::SimulationResult result = finished_run(state.range(0));
  for (auto _ : state) {
    const RunSummary summary(result);
    benchmark::DoNotOptimize(render_stdout(summary, {}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Summary)->Range(1 << 10, 1 << 18);

void BM_MetricsFile(benchmark::State& state) {
  const cluster::SimulationResult result = finished_run(state.range(0));
  const RunSummary summary(result);
  for (auto _ : state) {
    JsonWriter json;
    write_metrics(json, summary, {});
    benchmark::DoNotOptimize(json.text());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_MetricsFile)->Range(1 << 10, 1 << 16);

// With a report, composite sums all latencies anew after each completion: the cost per event grows
// with the run.
void BM_Saturation(benchmark::State& state) {
  std::vector<ServedRequest> requests;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    requests.push_back({static_cast<double>(i) / 100, 100.0 + static_cast<double>(i * 7919 % 977)});
  }
  SaturationOptions options;
  options.detectors = select_saturation_detectors("all");
  options.report_path = state.range(1) != 0 ? "report.json" : "";
  for (auto _ : state) benchmark::DoNotOptimize(detect_saturation(requests, options));
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0));
}
BENCHMARK(BM_Saturation)->ArgsProduct({{1 << 10, 1 << 13}, {0, 1}})->ArgNames({"", "report"});

}  // namespace
}  // namespace blis::report
