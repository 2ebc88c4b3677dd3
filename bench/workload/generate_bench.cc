// What a request costs to generate: its tokens are drawn and folded into block keys. Counters are
// per request and per token, and each case checks the number of requests before it is timed.

#include <benchmark/benchmark.h>

#include "workload/generate.h"
#include "workload/synthesis.h"

namespace blis::workload {
namespace {

struct Totals {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
};

Totals drain(const WorkloadSpec& spec, const GenerationOptions& options) {
  SymbolTable symbols;
  Diagnostics diagnostics;
  GeneratedWorkload workload = generate(spec, options, symbols, diagnostics);
  Totals totals;
  while (const auto request = workload.source->next()) {
    ++totals.requests;
    totals.tokens += request->input_tokens + request->output_tokens;
  }
  return totals;
}

void run(benchmark::State& state, const WorkloadSpec& spec, const GenerationOptions& options,
         std::int64_t expected_requests) {
  if (drain(spec, options).requests != expected_requests) {
    state.SkipWithError("wrong number of requests");
    return;
  }
  Totals all;
  for (auto _ : state) {
    const Totals totals = drain(spec, options);
    all.requests += totals.requests;
    all.tokens += totals.tokens;
  }
  state.SetItemsProcessed(all.requests);
  state.counters["tokens"] =
      benchmark::Counter(static_cast<double>(all.tokens), benchmark::Counter::kIsRate);
}

GenerationOptions capped(std::int64_t max_requests) {
  GenerationOptions options;
  options.max_requests = max_requests;
  return options;
}

/// 256 input and 256 output tokens on average.
const TokenShape kChat{0, {256, 100, 2, 800}, {256, 100, 1, 1024}};

void OpenLoop(benchmark::State& state) {
  const std::int64_t requests = state.range(0);
  run(state, synthesize_open_loop(kChat, 100, requests, 42), capped(requests), requests);
}
BENCHMARK(OpenLoop)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// The prefix is folded once; what a request adds costs the same as without.
void SharedPrefix(benchmark::State& state) {
  TokenShape shape = kChat;
  shape.prefix_tokens = state.range(0);
  run(state, synthesize_open_loop(shape, 100, 10'000, 42), capped(10'000), 10'000);
}
BENCHMARK(SharedPrefix)->Arg(0)->Arg(512)->Arg(8'192)->Unit(benchmark::kMillisecond);

WorkloadSpec cohort_spec(std::int64_t population, bool diurnal) {
  WorkloadSpec spec = synthesize_open_loop(kChat, 1'000, 0, 42);
  CohortSpec cohort;
  cohort.member = spec.clients.front();
  cohort.member.id = "member";
  cohort.member.arrival.process = "poisson";
  cohort.member.input_distribution.params = {{"mean", 16}, {"std_dev", 4}, {"min", 1}, {"max", 40}};
  cohort.member.output_distribution = cohort.member.input_distribution;
  cohort.population = population;
  if (diurnal) cohort.diurnal = DiurnalSpec{12, 3};
  spec.clients.clear();
  spec.cohorts.push_back(cohort);
  return spec;
}

/// Twice the members cost twice the set-up, with and without windows.
void Cohort(benchmark::State& state) {
  run(state, cohort_spec(state.range(0), state.range(1) != 0), capped(10'000), 10'000);
}
BENCHMARK(Cohort)->ArgsProduct({{1'000, 10'000, 100'000}, {0, 1}})->Unit(benchmark::kMillisecond);

/// Accumulating sessions: round k's input holds all earlier rounds, but only new tokens are folded.
void Sessions(benchmark::State& state) {
  WorkloadSpec spec = synthesize_open_loop(kChat, 1'000, 0, 42);
  ClientSpec& client = spec.clients.front();
  client.arrival.process = "poisson";
  MultiTurnSpec turns;
  turns.max_rounds = state.range(0);
  turns.think_time_us = 1'000'000;
  turns.context_growth = "accumulate";
  client.reasoning.emplace();
  client.reasoning->multi_turn = turns;
  client.closed_loop = false;
  run(state, spec, capped(10'000), 10'000);
}
BENCHMARK(Sessions)->Arg(1)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace blis::workload
