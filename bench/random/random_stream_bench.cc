// What a draw costs. Seeding matters because every client and session of a workload has a stream of
// its own.

#include <benchmark/benchmark.h>

#include <vector>

#include "random/elementary.h"
#include "random/random_stream.h"

namespace blis::random {
namespace {

void per_item(benchmark::State& state, std::size_t items_per_iteration = 1) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items_per_iteration));
}

void BM_Seed(benchmark::State& state) {
  std::int64_t seed = 1;
  for (auto _ : state) benchmark::DoNotOptimize(RandomStream(seed++));
  per_item(state);
}
BENCHMARK(BM_Seed);

template <auto kDraw>
void BM_Draw(benchmark::State& state) {
  RandomStream stream(42);
  for (auto _ : state) benchmark::DoNotOptimize((stream.*kDraw)());
  per_item(state);
}
BENCHMARK(BM_Draw<&RandomStream::u64>)->Name("BM_U64");
BENCHMARK(BM_Draw<&RandomStream::float64>)->Name("BM_Float64");
BENCHMARK(BM_Draw<&RandomStream::normal>)->Name("BM_Normal");
BENCHMARK(BM_Draw<&RandomStream::exponential>)->Name("BM_Exponential");

void BM_Intn(benchmark::State& state) {
  RandomStream stream(42);
  for (auto _ : state) benchmark::DoNotOptimize(stream.intn(kVocabularySize));
  per_item(state);
}
BENCHMARK(BM_Intn);

void BM_Tokens(benchmark::State& state) {
  RandomStream stream(42);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    stream.tokens(tokens);
    benchmark::DoNotOptimize(tokens.data());
    benchmark::ClobberMemory();
  }
  per_item(state, tokens.size());
}
BENCHMARK(BM_Tokens)->Arg(16)->Arg(512)->Arg(100'000);

template <auto kFunction>
void BM_Function(benchmark::State& state) {
  double x = 0.5;
  for (auto _ : state) {
    benchmark::DoNotOptimize(kFunction(x));
    x = x < 20 ? x + 0.01 : 0.5;
  }
  per_item(state);
}
BENCHMARK(BM_Function<static_cast<double (*)(double)>(log)>)->Name("BM_Log");
BENCHMARK(BM_Function<static_cast<double (*)(double)>(exp)>)->Name("BM_Exp");
BENCHMARK(BM_Function<static_cast<double (*)(double)>(gamma)>)->Name("BM_Gamma");

void BM_Pow(benchmark::State& state) {
  double y = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(pow(0.96875, y));
    y = y < 4096 ? y + 1 : 1;
  }
  per_item(state);
}
BENCHMARK(BM_Pow);

}  // namespace
}  // namespace blis::random
