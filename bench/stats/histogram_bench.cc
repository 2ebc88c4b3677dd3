// One add() per output token is the largest cost a run's statistics can have.

#include <benchmark/benchmark.h>

#include <vector>

#include "stats/histogram.h"

namespace blis::stats {
namespace {

/// Latencies like those of a batch that grows and shrinks: neighbours are close, thousands of
/// distinct values in all.
std::vector<std::int64_t> latencies() {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < 1'000'000; ++i) values.push_back(6'000 + i * 7'919 % 3'001 + i % 7);
  return values;
}

void BM_Add(benchmark::State& state) {
  const auto values = latencies();
  for (auto _ : state) {
    Histogram histogram;
    for (const std::int64_t value : values) histogram.add(value);
    benchmark::DoNotOptimize(histogram.count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}
BENCHMARK(BM_Add);

void BM_MergeAndSort(benchmark::State& state) {
  Histogram part;
  for (const std::int64_t value : latencies()) part.add(value);
  for (auto _ : state) {
    Histogram all;
    for (int i = 0; i < 16; ++i) all.merge(part);
    benchmark::DoNotOptimize(all.sorted());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_MergeAndSort);

}  // namespace
}  // namespace blis::stats
