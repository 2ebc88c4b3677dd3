// What a row of a trace costs to write and to read: as a run leaves it, and as a measurement of a
// real server does, with every column that such rows have.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace blis::trace {
namespace {

constexpr std::int64_t kRows = 1 << 14;

TraceRecord simulated_row(std::int64_t i) {
  TraceRecord r;
  r.request_id = i;
  r.client_id = "chat";
  r.tenant_id = "tenant-7";
  r.slo_class = "standard";
  r.input_tokens = 128 + i % 1000;
  r.output_tokens = 200;
  r.arrival_time_us = r.send_time_us = i * 1234;
  r.first_chunk_time_us = r.send_time_us + 15000;
  r.last_chunk_time_us = r.send_time_us + 2'000'000;
  r.deadline_us = r.arrival_time_us + 300'000'000;
  r.status = "ok";
  return r;
}

TraceRecord measured_row(std::int64_t i) {
  constexpr std::int64_t kEpochUs = 1'764'000'000'000'000;
  TraceRecord r = simulated_row(i);
  r.vllm_priority = 1;
  r.session_id = fmt::format("session-{}", i / 5);
  r.round_index = i % 5;
  r.prefix_group = "system-prompt-a";
  r.prefix_length = 512;
  r.streaming = true;
  r.model = "meta-llama/Llama-3.1-8B-Instruct";
  r.server_input_tokens = r.input_tokens + 512;
  r.send_time_us += kEpochUs;
  r.first_chunk_time_us += kEpochUs;
  r.last_chunk_time_us += kEpochUs;
  r.num_chunks = 202;
  r.finish_reason = "length";
  r.x_request_id = "6f1c2d3e-4b5a-4978-8695-a4b3c2d1e0f9";
  return r;
}

std::string text_of_rows(bool measured) {
  TraceColumns columns;
  columns.vllm_priority = columns.x_request_id = measured;
  TraceWriter writer(columns);
  for (std::int64_t i = 0; i < kRows; ++i) {
    writer.write(measured ? measured_row(i) : simulated_row(i));
  }
  return writer.text();
}

void BM_Write(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(text_of_rows(state.range(0) != 0));
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(BM_Write)->ArgName("measured")->Arg(0)->Arg(1);

void BM_Read(benchmark::State& state) {
  const std::string text = text_of_rows(state.range(0) != 0);
  for (auto _ : state) {
    TraceReader reader(text, "bench.csv");
    TraceRecord record;
    while (reader.next(record)) benchmark::DoNotOptimize(record);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_Read)->ArgName("measured")->Arg(0)->Arg(1);

}  // namespace
}  // namespace blis::trace
